//! More simulation than the tests run: years of nights under faults, by seed.

use anyhow::{Context, bail};
use sim::faults::Faults;
use sim::simulation::{Options, simulate};

/// `sim [--seeds N] [--loans N] [--days N] [--seed S]`: seeds from S on; stops at the first failure,
/// which the same seed brings back.
pub fn run(args: &[String]) -> anyhow::Result<()> {
    let (mut seeds, mut first) = (20, 0);
    let mut options = Options { seed: 0, loans: 500, days: 365, faults: Faults::USUAL };
    for pair in args.chunks(2) {
        let [option, value] = pair else { bail!("{} needs a number", pair[0]) };
        let number: u64 = value.parse().with_context(|| format!("{option} {value}: not a number"))?;
        match option.as_str() {
            "--seeds" => seeds = number,
            "--seed" => first = number,
            "--loans" => options.loans = usize::try_from(number)?.clamp(1, 100_000),
            "--days" => options.days = u32::try_from(number)?.clamp(1, 3_650),
            _ => bail!("{option} is not known: --seeds, --loans, --days, --seed"),
        }
    }
    for seed in first..first + seeds {
        options.seed = seed;
        match simulate(&options) {
            Ok(outcome) => println!("seed {seed}: {outcome}"),
            Err(failure) => bail!("{failure}"),
        }
    }
    Ok(())
}
