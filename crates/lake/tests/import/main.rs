//! Import as a lender meets it: folders of files in, batches, rejects and tables out.

mod columns;
mod desk;
mod formats;
mod hostile;
mod nights;
mod personal;
mod refusals;
mod versions;
