//! Reading a trace: a regular CSV file, plain or gzip, within stated limits.

use super::NO_KEY;
use super::trace::{Trace, TraceRow};
use crate::units::Bytes;
use flate2::read::GzDecoder;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The largest trace that is read, after decompression `[B]`.
pub(super) const TRACE_BYTES_MAX: u64 = 512 << 20;

/// The longest line of a trace `[B]`.
const LINE_BYTES_MAX: u64 = 4096;

/// The longest quotation from a trace in a message `[characters]`.
const QUOTED_MAX: usize = 60;

/// The most rows of a trace.
const ROWS_MAX: usize = 20_000_000;

/// The longest key, which is Kinesis' limit for partition keys `[characters]`.
const KEY_CHARACTERS_MAX: usize = 256;

/// Where the traces of a scenario are looked up by the names that it gives them: a folder, or files in memory.
pub trait TraceFiles {
    /// Where the trace of this name lies.
    ///
    /// # Errors
    /// If there is no file of this name, where that is known at once.
    fn find(&self, name: &str) -> Result<TracePlace, String>;
}

impl TraceFiles for Path {
    fn find(&self, name: &str) -> Result<TracePlace, String> {
        Ok(TracePlace::Disk(self.join(name)))
    }
}

impl TraceFiles for PathBuf {
    fn find(&self, name: &str) -> Result<TracePlace, String> {
        self.as_path().find(name)
    }
}

impl<T: TraceFiles + ?Sized> TraceFiles for &T {
    fn find(&self, name: &str) -> Result<TracePlace, String> {
        (**self).find(name)
    }
}

impl TraceFiles for BTreeMap<String, Arc<[u8]>> {
    fn find(&self, name: &str) -> Result<TracePlace, String> {
        let bytes = self.get(name).ok_or("no such file")?;
        Ok(TracePlace::Memory(name.into(), bytes.clone()))
    }
}

/// Where a trace lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TracePlace {
    /// A file of the machine.
    Disk(PathBuf),
    /// A path and the bytes of the file.
    Memory(PathBuf, Arc<[u8]>),
}

impl Default for TracePlace {
    fn default() -> Self {
        Self::Disk(PathBuf::new())
    }
}

impl TracePlace {
    /// The path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Disk(path) | Self::Memory(path, _) => path,
        }
    }

    /// Writes the bytes of the file to `to`, as they are.
    ///
    /// # Errors
    /// If the file cannot be read, or `to` not written.
    pub fn copy(&self, to: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Disk(path) => io::copy(&mut File::open(path)?, to).map(|_| ()),
            Self::Memory(_, bytes) => to.write_all(bytes),
        }
    }
}

/// Reads a trace from its place.
pub(super) fn load(place: &TracePlace) -> Result<Trace, String> {
    match place {
        TracePlace::Disk(path) => load_file(path),
        TracePlace::Memory(_, bytes) => load_from(&bytes[..]),
    }
}

fn load_file(path: &Path) -> Result<Trace, String> {
    let cannot = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        kind => format!("cannot be opened ({kind})"),
    };
    // A pipe would block for ever, and a device may never end.
    if !std::fs::metadata(path).map_err(cannot)?.is_file() {
        return Err("not a regular file".to_owned());
    }
    load_from(BufReader::new(File::open(path).map_err(cannot)?))
}

/// Reads a trace, plain or gzip.
fn load_from(mut reader: impl BufRead) -> Result<Trace, String> {
    let gzip = reader
        .fill_buf()
        .is_ok_and(|head| head.starts_with(&[0x1f, 0x8b]));
    if gzip {
        parse(GzDecoder::new(reader), TRACE_BYTES_MAX)
    } else {
        parse(reader, TRACE_BYTES_MAX)
    }
}

/// A trace on its way, as a stream that ends with an error where it is larger than it may be.
struct Bounded<R> {
    inner: R,
    /// The bytes that may still come.
    left: u64,
    most: u64,
    /// The bytes of the line so far.
    line: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let Some(left) = self.left.checked_sub(count as u64) else {
            return Err(io::Error::other(format!(
                "more than {} of CSV text, which is the most that is read; thin it out or split it",
                Bytes(self.most)
            )));
        };
        self.left = left;
        for byte in &buffer[..count] {
            self.line = if *byte == b'\n' { 0 } else { self.line + 1 };
            if self.line > LINE_BYTES_MAX {
                return Err(io::Error::other(format!(
                    "a line of more than {LINE_BYTES_MAX} bytes"
                )));
            }
        }
        Ok(count)
    }
}

/// What is wrong with a row that cannot be read.
fn unreadable(line: u64, error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::Other => error.to_string(),
        csv::ErrorKind::Io(error) => format!("line {line}: cannot be read ({error})"),
        _ => format!("line {line}: not readable as CSV text"),
    }
}

/// Text of a trace as a message may quote it: short, and without characters that would disturb a terminal.
fn brief(text: &str) -> String {
    let shown: String = text
        .chars()
        .take(QUOTED_MAX)
        .flat_map(char::escape_debug)
        .collect();
    if text.chars().nth(QUOTED_MAX).is_some() {
        format!("{shown}…")
    } else {
        shown
    }
}

/// The first line of a file that is no trace; a file of another kind is not quoted.
fn other_columns(columns: &[&str]) -> String {
    let name = |text: &&str| {
        text.chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ' ')
    };
    let first = columns.join(",");
    if columns.iter().all(name) && first.len() <= QUOTED_MAX {
        format!("line 1: unknown columns `{first}`")
    } else {
        "line 1: not the columns of a trace".to_owned()
    }
}

/// Whether the columns are those of a keyed trace, or else of a rate trace.
fn is_keyed(columns: &[&str]) -> Result<bool, String> {
    match columns {
        ["timestamp_ms", "key", "size_bytes"] => Ok(true),
        ["timestamp_ms", "records_per_s"] | ["timestamp_ms", "records_per_s", "bytes_per_s"] => {
            Ok(false)
        }
        _ => Err(other_columns(columns)),
    }
}

/// Reads the CSV text of a trace, of which there may be `most` bytes.
pub(super) fn parse(reader: impl Read, most: u64) -> Result<Trace, String> {
    let bounded = Bounded {
        inner: reader,
        left: most,
        most,
        line: 0,
    };
    let mut csv = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(bounded);
    let header = csv
        .headers()
        .map_err(|error| unreadable(1, &error))?
        .clone();
    let keyed = is_keyed(&header.iter().collect::<Vec<_>>())?;
    let mut loader = Loader {
        trace: Trace::default(),
        keys: BTreeMap::new(),
        last: 0,
    };
    let mut row = csv::StringRecord::new();
    loop {
        let line = csv.position().line();
        if !csv
            .read_record(&mut row)
            .map_err(|error| unreadable(line, &error))?
        {
            break;
        }
        let line = row.position().map_or(line, csv::Position::line);
        let added = if row.len() != header.len() {
            Err(format!("{} columns instead of {}", row.len(), header.len()))
        } else if keyed {
            loader.add_record(&row)
        } else {
            loader.add_rate(&row)
        };
        added.map_err(|message| format!("line {line}: {message}"))?;
    }
    let trace = loader.trace;
    if trace.rows.is_empty() && trace.rates.is_empty() {
        return Err("the trace has no rows".to_owned());
    }
    Ok(trace)
}

/// Reads a trace of CSV text for the fuzz targets: an error, or its number of rows.
///
/// # Errors
/// What is wrong with the trace, with its line.
pub fn try_trace(text: &[u8]) -> Result<usize, String> {
    let trace = parse(text, TRACE_BYTES_MAX)?;
    Ok(trace.rows.len() + trace.rates.len())
}

struct Loader {
    trace: Trace,
    keys: BTreeMap<String, u32>,
    last: u64,
}

impl Loader {
    fn instant(&mut self, text: &str) -> Result<u64, String> {
        let at: u64 = text
            .trim()
            .parse()
            .map_err(|_| format!("`{}` is no timestamp in ms", brief(text)))?;
        if at > u64::MAX / 1_000_000_000 {
            return Err(format!("the timestamp {at} is too large"));
        }
        if at < self.last {
            return Err(format!("the timestamp {at} comes after {}", self.last));
        }
        if self.trace.rows.len().max(self.trace.rates.len()) == ROWS_MAX {
            return Err(format!("more than {ROWS_MAX} rows"));
        }
        self.last = at;
        Ok(at)
    }

    fn add_record(&mut self, row: &csv::StringRecord) -> Result<(), String> {
        let at_ms = self.instant(&row[0])?;
        let bytes = row[2]
            .trim()
            .parse()
            .map_err(|_| format!("`{}` is no size in bytes", brief(&row[2])))?;
        let key = match &row[1] {
            "" => NO_KEY,
            name if name.chars().count() > KEY_CHARACTERS_MAX => {
                return Err(format!(
                    "a key of more than {KEY_CHARACTERS_MAX} characters"
                ));
            }
            name => match self.keys.get(name) {
                Some(key) => *key,
                None => {
                    let key = self.trace.keys.len() as u32;
                    self.keys.insert(name.to_owned(), key);
                    self.trace.keys.push(name.to_owned());
                    key
                }
            },
        };
        self.trace.rows.push(TraceRow { at_ms, key, bytes });
        Ok(())
    }

    fn add_rate(&mut self, row: &csv::StringRecord) -> Result<(), String> {
        let at_ms = self.instant(&row[0])?;
        let number = |text: &str| match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
            _ => Err(format!("`{}` is no rate", brief(text))),
        };
        let bytes = row.get(2).map(number).transpose()?;
        self.trace.rates.push((at_ms, number(&row[1])?, bytes));
        Ok(())
    }
}
