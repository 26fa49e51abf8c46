//! Finished runs on disk, so that a search that was stopped goes on where it was.
//!
//! A file of lines, one for each replication of a point: the hash of everything that the run depends on, the
//! number of the replication, the values, and a checksum. Values are written so that they read back to the same
//! bits. A line that a killed process left unfinished has a wrong checksum; it and all after it are cut off.

use super::point::Outcome;
use super::run::Stopped;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The replications of points that are finished.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    file: File,
    finished: BTreeMap<(String, u32), Outcome>,
}

impl Store {
    /// Opens the file at `path`, or begins it.
    ///
    /// # Errors
    /// If it cannot be read or written.
    pub fn open(path: &Path) -> io::Result<Self> {
        let text = match fs::read(path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let (mut finished, mut good) = (BTreeMap::new(), 0);
        for line in text.split_inclusive('\n') {
            let Some((key, outcome)) = line.strip_suffix('\n').and_then(read) else {
                break;
            };
            finished.insert(key, outcome);
            good += line.len();
        }
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)?;
        file.set_len(good as u64)?;
        let mut store = Self {
            path: path.to_owned(),
            file,
            finished,
        };
        io::Seek::seek(&mut store.file, io::SeekFrom::End(0))?;
        Ok(store)
    }

    /// What a replication of the point with this key gave, if it is finished.
    #[must_use]
    pub fn get(&self, key: &str, replication: u32) -> Option<&Outcome> {
        self.finished.get(&(key.to_owned(), replication))
    }

    /// Keeps what a replication gave.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep(&mut self, key: &str, replication: u32, outcome: &Outcome) -> io::Result<()> {
        self.file
            .write_all(line(key, replication, outcome).as_bytes())
    }

    /// Deletes the file: its values are in the output.
    ///
    /// # Errors
    /// If it cannot be deleted.
    pub fn delete(self) -> io::Result<()> {
        let Self { path, file, .. } = self;
        drop(file);
        fs::remove_file(path)
    }
}

/// The finished runs of a search that decides as it goes which run is next: kept in a file, or not at all.
#[derive(Debug, Default)]
pub struct Memo(Option<Mutex<Store>>);

impl Memo {
    /// Keeps runs in the file at `path`, and knows those that are in it.
    ///
    /// # Errors
    /// If it cannot be read or written.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(Some(Mutex::new(Store::open(path)?))))
    }

    /// How many runs are finished.
    #[must_use]
    pub fn finished(&self) -> usize {
        let store = self.0.as_ref();
        store.map_or(0, |store| lock(store).finished.len())
    }

    /// What a run gave: as it was kept, or as `run` gives it now.
    ///
    /// # Errors
    /// What stopped the run, or what could not be kept.
    pub fn of(
        &self,
        key: &str,
        replication: u32,
        run: impl FnOnce() -> Result<Outcome, Stopped>,
    ) -> Result<Outcome, Stopped> {
        let Some(store) = &self.0 else {
            return run();
        };
        if let Some(known) = lock(store).get(key, replication) {
            return Ok(known.clone());
        }
        let outcome = run()?;
        let mut store = lock(store);
        let kept = store.keep(key, replication, &outcome);
        kept.map_err(|error| Stopped::Output(error.to_string()))?;
        store
            .finished
            .insert((key.to_owned(), replication), outcome.clone());
        Ok(outcome)
    }

    /// Deletes the file: the answer is given.
    ///
    /// # Errors
    /// If it cannot be deleted.
    pub fn delete(self) -> io::Result<()> {
        match self.0 {
            Some(store) => store
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner)
                .delete(),
            None => Ok(()),
        }
    }
}

fn lock(store: &Mutex<Store>) -> std::sync::MutexGuard<'_, Store> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A value that reads back to the same bits, or `-` for none.
fn number(value: Option<f64>) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:?}"))
}

fn line(key: &str, replication: u32, outcome: &Outcome) -> String {
    let figures: Vec<String> = outcome.figures.iter().map(|v| number(*v)).collect();
    let claim = |(left, holds): &(Option<f64>, bool)| {
        format!("{}{}", if *holds { '+' } else { '!' }, number(*left))
    };
    let claims: Vec<String> = outcome.claims.iter().map(claim).collect();
    let text = format!(
        "{key};{replication};{};{}",
        figures.join(","),
        claims.join(",")
    );
    let sum = crc32fast::hash(text.as_bytes());
    format!("{text};{sum:08x}\n")
}

/// Reads a line; `None` if it is not whole.
fn read(line: &str) -> Option<((String, u32), Outcome)> {
    let (text, sum) = line.rsplit_once(';')?;
    if sum.len() != 8 || u32::from_str_radix(sum, 16).ok()? != crc32fast::hash(text.as_bytes()) {
        return None;
    }
    let mut parts = text.split(';');
    let (key, replication) = (parts.next()?, parts.next()?.parse().ok()?);
    let outcome = Outcome {
        figures: items(parts.next()?).map(value).collect::<Option<_>>()?,
        claims: items(parts.next()?).map(claim).collect::<Option<_>>()?,
    };
    Some(((key.to_owned(), replication), outcome))
}

fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').filter(|item| !item.is_empty())
}

fn value(item: &str) -> Option<Option<f64>> {
    match item {
        "-" => Some(None),
        number => number.parse().ok().map(Some),
    }
}

fn claim(item: &str) -> Option<(Option<f64>, bool)> {
    let (sign, rest) = item.split_at_checked(1)?;
    Some((value(rest)?, sign == "+"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(n: u32) -> Outcome {
        Outcome {
            figures: vec![
                Some(0.1 + f64::from(n) / 3.0),
                None,
                Some(f64::MIN_POSITIVE),
            ],
            claims: vec![(None, false), (Some(1e300), true)],
        }
    }

    #[test]
    fn what_was_kept_is_read_back_to_the_same_bits() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store");
        let mut store = Store::open(&path).expect("opened");
        for n in 0..3 {
            store.keep("abc", n, &sample(n)).expect("kept");
        }
        drop(store);
        let store = Store::open(&path).expect("opened");
        for n in 0..3 {
            assert_eq!(store.get("abc", n), Some(&sample(n)));
        }
        assert_eq!(store.get("abd", 0), None);
        store.delete().expect("deleted");
        assert!(!path.exists());
    }

    #[test]
    fn a_run_that_is_kept_is_not_run_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store");
        for expected in [0, 2] {
            let memo = Memo::open(&path).expect("opened");
            assert_eq!(memo.finished(), expected);
            for n in 0..2 {
                let run = || match expected {
                    0 => Ok(sample(n)),
                    _ => Err(Stopped::Invalid("it was run again".to_owned())),
                };
                assert_eq!(memo.of("key", n, run).ok(), Some(sample(n)));
            }
            let other = memo.of("other", 0, || Err(Stopped::Invalid(String::new())));
            assert!(other.is_err(), "another key is another run");
        }
        let none = Memo::default().of("key", 0, || Ok(sample(7)));
        assert_eq!(none.ok(), Some(sample(7)));
    }

    /// A process may be killed at any byte: what is whole stays, and what is kept later is read back too.
    #[test]
    fn a_file_cut_at_any_byte_keeps_its_whole_lines() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("store");
        let whole: Vec<String> = (0..3).map(|n| line("k", n, &sample(n))).collect();
        let all = whole.concat();
        for cut in 0..=all.len() {
            fs::write(&path, &all[..cut]).expect("written");
            let mut store = Store::open(&path).expect("opened");
            let left = (0..3).filter(|n| store.get("k", *n).is_some()).count();
            let ends = (1..=3).filter(|n| whole[..*n].concat().len() <= cut);
            assert_eq!(left, ends.count(), "cut at {cut}");
            store.keep("k", 9, &sample(9)).expect("kept");
            drop(store);
            let again = Store::open(&path).expect("opened");
            assert_eq!(again.get("k", 9), Some(&sample(9)), "cut at {cut}");
        }
    }
}
