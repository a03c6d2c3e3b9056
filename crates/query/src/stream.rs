//! Tables that are read again, batch by batch, for every question.

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use std::fmt;
use std::sync::Arc;

/// What a reading of a table yields; a fault ends it.
pub type Batches = Box<dyn Iterator<Item = anyhow::Result<RecordBatch>> + Send>;

/// Starts one reading of a table from its beginning.
pub type Open = Arc<dyn Fn() -> anyhow::Result<Batches> + Send + Sync>;

struct Reading {
    schema: SchemaRef,
    open: Open,
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl PartitionStream for Reading {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let fault = |fault: anyhow::Error| DataFusionError::External(fault.into());
        let batches: Batches = match (self.open)() {
            Ok(batches) => batches,
            Err(fault) => Box::new(std::iter::once(Err(fault))),
        };
        // Reading blocks its worker; the runtime is ours alone and has one worker per core.
        let stream = futures::stream::iter(batches.map(move |batch| batch.map_err(fault)));
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), stream))
    }
}

pub(crate) fn table(schema: SchemaRef, open: Open) -> Result<StreamingTable> {
    StreamingTable::try_new(schema.clone(), vec![Arc::new(Reading { schema, open })])
}
