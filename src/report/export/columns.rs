//! The series as one Parquet file, for pandas, DuckDB and Spark: the rows and columns of `series.csv`, not rounded.
//!
//! The file names the program, the scenario and its seed, and neither a clock nor a machine: the same run gives the same bytes.
//!
//! # Source
//! Apache Parquet format, <https://parquet.apache.org/docs/file-format/>.

use crate::report::Report;
use crate::report::series::{Sample, each};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int32Type};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;
use std::sync::Arc;

/// The columns, in their order.
const SCHEMA: &str = "message series {
    REQUIRED BINARY system (STRING);
    REQUIRED INT32 replication;
    REQUIRED DOUBLE t_s;
    REQUIRED BINARY entity (STRING);
    REQUIRED BINARY metric (STRING);
    REQUIRED BINARY unit (STRING);
    REQUIRED DOUBLE value;
    REQUIRED DOUBLE period_s;
}";
/// The most rows of a group, so that a long run needs no more memory than a short one.
const ROWS: usize = 1 << 18;

/// The rows of a group, column by column.
#[derive(Default)]
struct Columns {
    system: Vec<ByteArray>,
    replication: Vec<i32>,
    t_s: Vec<f64>,
    entity: Vec<ByteArray>,
    metric: Vec<ByteArray>,
    unit: Vec<ByteArray>,
    value: Vec<f64>,
    period_s: Vec<f64>,
}

impl Columns {
    fn push(&mut self, sample: &Sample<'_>) {
        self.system.push(sample.system.into());
        self.replication.push(sample.replication as i32);
        self.t_s.push(sample.t_s);
        self.entity.push(sample.entity.into());
        self.metric.push(sample.metric.into());
        self.unit.push(sample.unit.into());
        self.value.push(sample.value);
        self.period_s.push(sample.period_s);
    }

    /// Writes the rows as a group, and forgets them.
    fn write(&mut self, file: &mut SerializedFileWriter<Vec<u8>>) -> Result<()> {
        let rows = std::mem::take(self);
        if rows.value.is_empty() {
            return Ok(());
        }
        let mut group = file.next_row_group()?;
        write::<ByteArrayType>(&mut group, &rows.system)?;
        write::<Int32Type>(&mut group, &rows.replication)?;
        write::<DoubleType>(&mut group, &rows.t_s)?;
        write::<ByteArrayType>(&mut group, &rows.entity)?;
        write::<ByteArrayType>(&mut group, &rows.metric)?;
        write::<ByteArrayType>(&mut group, &rows.unit)?;
        write::<DoubleType>(&mut group, &rows.value)?;
        write::<DoubleType>(&mut group, &rows.period_s)?;
        group.close().map(|_| ())
    }
}

/// Writes the next column of a group.
fn write<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    values: &[T::T],
) -> Result<()> {
    let next = group.next_column()?;
    let mut column = next.ok_or_else(|| ParquetError::General("too few columns".to_owned()))?;
    column.typed::<T>().write_batch(values, None, None)?;
    column.close()
}

/// What the file says of itself.
fn properties(report: &Report) -> WriterProperties {
    let pair = |key: &str, value: &str| KeyValue::new(key.to_owned(), value.to_owned());
    let about = vec![
        pair("scenario", &report.name),
        pair("scenario_hash", &report.hash),
        pair("seed", &report.seed.to_string()),
        pair("as_of", &report.as_of),
        pair("reproduce", &report.reproduce),
    ];
    WriterProperties::builder()
        .set_created_by(format!("streamduel version {}", env!("CARGO_PKG_VERSION")))
        .set_key_value_metadata(Some(about))
        .build()
}

/// All series as the bytes of a file.
pub(super) fn bytes(report: &Report) -> Result<Vec<u8>> {
    let schema = Arc::new(parse_message_type(SCHEMA)?);
    let properties = Arc::new(properties(report));
    let mut file = SerializedFileWriter::new(Vec::new(), schema, properties)?;
    let (mut rows, mut written) = (Columns::default(), Ok(()));
    each(report, &mut |sample: &Sample<'_>| {
        rows.push(sample);
        if rows.value.len() == ROWS && written.is_ok() {
            written = rows.write(&mut file);
        }
    });
    written?;
    rows.write(&mut file)?;
    file.into_inner()
}
