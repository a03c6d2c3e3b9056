//! The kernel: what is done with one shard, as a function that any DataFusion engine can call by name.
//!
//! `kernel(shard, order)` maps a shard's number and the order's text to a struct: the rows and fen the
//! shard holds, the bytes it yields, a digest over all of that, and who worked. What the kernel refuses
//! comes back as a value too, in its own words: an error would make Ballista end the whole job and
//! leave only a debug print of the reason.

use crate::STACK;
use datafusion::arrow::array::{Array, ArrayRef, AsArray, BinaryArray, Int64Array, RecordBatch, StringArray, StructArray};
use datafusion::arrow::datatypes::{DataType, Field, Fields, Int32Type, Int64Type};
use datafusion::common::Result;
use datafusion::execution::FunctionRegistry;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use sha2::{Digest, Sha256};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::thread;
use std::time::Instant;

/// What one shard yields (分片结果): its control total and its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShardYield {
    pub rows: i64,
    /// Fen.
    pub amount: i64,
    pub bytes: Vec<u8>,
}

type Run = dyn Fn(&str, u32) -> std::result::Result<ShardYield, String> + Send + Sync;

/// What is done with a shard (分片算法): a pure function of the order's text and the shard's number, known to
/// the whole cluster by its name. Its refusal is a text of its own that reaches the one who ordered.
#[derive(Clone)]
pub struct Kernel {
    name: &'static str,
    run: Arc<Run>,
}

/// A shard as it came back (分片答复).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub shard: u32,
    /// Who worked.
    pub place: String,
    pub said: std::result::Result<ShardYield, String>,
    /// The digest as it was taken where the work was done.
    digest: Vec<u8>,
}

impl Kernel {
    pub fn new(
        name: &'static str,
        run: impl Fn(&str, u32) -> std::result::Result<ShardYield, String> + Send + Sync + 'static,
    ) -> Kernel {
        Kernel { name, run: Arc::new(run) }
    }

    /// The function as it is called here; `place` signs what it yields.
    pub(crate) fn function(&self, place: &str) -> ScalarUDF {
        let signature = Signature::exact(vec![DataType::Int32, DataType::Utf8], Volatility::Volatile);
        ScalarUDF::from(KernelFunction { kernel: self.clone(), place: place.to_owned(), signature })
    }

    /// Runs on a thread of its own: Ballista's have small stacks, and a panic is an answer.
    fn answer(&self, order: &str, shard: u32) -> std::result::Result<ShardYield, String> {
        log::info!("shard begun shard={shard}");
        let started = Instant::now();
        let answer = thread::scope(|scope| {
            let work = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || (self.run)(order, shard));
            match work.map(thread::ScopedJoinHandle::join) {
                Ok(Ok(answer)) => answer,
                Ok(Err(panic)) => Err(format!("{} broke off: {}", self.name, told(&*panic))),
                Err(error) => Err(format!("no thread for {}: {error}", self.name)),
            }
        });
        let duration = started.elapsed().as_millis();
        match &answer {
            Ok(ShardYield { rows, amount, bytes }) => {
                let length = bytes.len();
                log::info!("shard done shard={shard} rows={rows} amount_fen={amount} bytes={length} duration_ms={duration}");
            }
            Err(said) => log::warn!("shard refused shard={shard} duration_ms={duration} reason={said}"),
        }
        answer
    }
}

fn told(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("without a word")
}

/// Makes the kernel known by its name, wherever plans are made or run.
pub(crate) fn register(registry: &mut dyn FunctionRegistry, kernel: &Kernel, place: &str) -> Result<()> {
    registry.register_udf(Arc::new(kernel.function(place)))?;
    Ok(())
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Kernel").field(&self.name).finish()
    }
}

/// The kernel as DataFusion sees it. Volatile: it is called once per shard, where the shard is, and
/// never by the scheduler to fold a constant.
#[derive(Debug)]
struct KernelFunction {
    kernel: Kernel,
    place: String,
    signature: Signature,
}

impl PartialEq for KernelFunction {
    fn eq(&self, other: &KernelFunction) -> bool {
        self.kernel.name == other.kernel.name
    }
}

impl Eq for KernelFunction {}

impl Hash for KernelFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.kernel.name.hash(state);
    }
}

impl ScalarUDFImpl for KernelFunction {
    fn name(&self) -> &str {
        self.kernel.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Struct(fields()))
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = arguments.args.iter().map(|value| value.to_array(arguments.number_rows)).collect::<Result<Vec<_>>>()?;
        let (shards, orders) = (arrays[0].as_primitive::<Int32Type>(), arrays[1].as_string::<i32>());
        let replies = shards.values().iter().zip(orders.iter()).map(|(shard, order)| {
            let shard = u32::try_from(*shard).expect("shards count from nought");
            let said = self.kernel.answer(order.unwrap_or_default(), shard);
            Reply { shard, place: self.place.clone(), digest: digest(shard, &said), said }
        });
        Ok(ColumnarValue::Array(Arc::new(to_struct(&replies.collect::<Vec<_>>()))))
    }
}

/// SHA-256 over everything a shard answers, lengths included.
fn digest(shard: u32, said: &std::result::Result<ShardYield, String>) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(shard.to_le_bytes());
    match said {
        Ok(given) => {
            hash.update([1]);
            hash.update(given.rows.to_le_bytes());
            hash.update(given.amount.to_le_bytes());
            hash.update(&given.bytes);
        }
        Err(refusal) => {
            hash.update([0]);
            hash.update(refusal);
        }
    }
    hash.finalize().to_vec()
}

fn fields() -> Fields {
    let field = |name, kind| Field::new(name, kind, true);
    Fields::from(vec![
        field("rows", DataType::Int64),
        field("amount", DataType::Int64),
        field("bytes", DataType::Binary),
        field("refusal", DataType::Utf8),
        field("place", DataType::Utf8),
        field("digest", DataType::Binary),
    ])
}

fn to_struct(replies: &[Reply]) -> StructArray {
    let given = || replies.iter().map(|reply| reply.said.as_ref().ok());
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter(given().map(|given| Some(given?.rows)))),
        Arc::new(Int64Array::from_iter(given().map(|given| Some(given?.amount)))),
        Arc::new(BinaryArray::from_iter(given().map(|given| Some(&given?.bytes)))),
        Arc::new(StringArray::from_iter(replies.iter().map(|reply| reply.said.as_ref().err()))),
        Arc::new(StringArray::from_iter_values(replies.iter().map(|reply| &reply.place))),
        Arc::new(BinaryArray::from_iter_values(replies.iter().map(|reply| &reply.digest))),
    ];
    StructArray::new(fields(), columns, None)
}

/// The replies in a batch of `shard, kernel(shard, order)`.
pub(crate) fn replies(batch: &RecordBatch) -> Vec<Reply> {
    let (shards, given) = (batch.column(0).as_primitive::<Int32Type>(), batch.column(1).as_struct());
    let number = |name: &str, at: usize| given.column_by_name(name).expect("a field").as_primitive::<Int64Type>().value(at);
    let bytes = |name: &str, at: usize| given.column_by_name(name).expect("a field").as_binary::<i32>().value(at).to_vec();
    let text = |name: &str| given.column_by_name(name).expect("a field").as_string::<i32>();
    let reply = |at: usize| Reply {
        shard: shards.value(at).cast_unsigned(),
        place: text("place").value(at).to_owned(),
        said: match text("refusal").is_valid(at) {
            true => Err(text("refusal").value(at).to_owned()),
            false => Ok(ShardYield { rows: number("rows", at), amount: number("amount", at), bytes: bytes("bytes", at) }),
        },
        digest: bytes("digest", at),
    };
    (0..batch.num_rows()).map(reply).collect()
}

impl Reply {
    /// Whether what arrived is what was sent.
    pub fn is_whole(&self) -> bool {
        self.digest == digest(self.shard, &self.said)
    }
}

#[cfg(test)]
impl Reply {
    /// A reply that holds its own number, whole or not.
    pub fn sample(shard: u32, whole: bool) -> Reply {
        let said = Ok(ShardYield { rows: shard.into(), amount: 500, bytes: vec![1, 2, 3] });
        Reply { shard, place: "here".to_owned(), digest: if whole { digest(shard, &said) } else { Vec::new() }, said }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_that_changed_on_the_way_is_not_whole() {
        let sent = || Reply::sample(7, true);
        assert!(sent().is_whole());
        let changes: [fn(&mut Reply); 6] = [
            |reply| reply.shard = 8,
            |reply| reply.said.as_mut().unwrap().rows += 1,
            |reply| reply.said.as_mut().unwrap().amount -= 1,
            |reply| reply.said.as_mut().unwrap().bytes[1] = 0,
            |reply| reply.said = Err(String::new()),
            |reply| reply.digest[0] ^= 1,
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut changed = sent();
            change(&mut changed);
            assert!(!changed.is_whole(), "change {number} goes unseen");
        }
    }

    #[test]
    fn a_panic_is_an_answer() {
        let kernel = Kernel::new("breaks", |order, shard| panic!("{order} {shard}"));
        assert_eq!(kernel.answer("order", 3), Err("breaks broke off: order 3".to_owned()));
    }
}
