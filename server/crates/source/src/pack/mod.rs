//! A file at rest: everything that was found in it, in a few percent of its text. An index keeps files so and opens the
//! few that are asked about; a cache on disk holds the same bytes.

mod bytes;
mod facts;
mod wiring;

use std::{
    io::{Read, Write},
    sync::Arc,
};

use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use model::SmolStr;

use crate::{
    SourceFile,
    pack::bytes::{Pack, Reader, Writer},
    postings::file_keys,
};

/// The most that one file unpacks to; bytes that would give more are none of ours.
const MAX_UNPACKED: u64 = 64 << 20;

/// A file as it rests. Cloning costs two pointers.
#[derive(Clone, Debug)]
pub struct Packed {
    rest: Arc<Rest>,
    /// `None` in an index, which knows them by its look-ups: they are told again from the facts.
    keys: Option<Arc<Vec<u32>>>,
}

#[derive(Debug)]
struct Rest {
    path: SmolStr,
    functions: u32,
    wiring: u64,
    bytes: Box<[u8]>,
}

impl Packed {
    /// Packs what was found in a file. Costs a few percent of finding it.
    pub fn of(file: &SourceFile) -> Packed {
        let mut writer = Writer::default();
        facts::pack(file, &mut writer);
        file.wiring.pack(&mut writer);
        let plain = writer.finish();
        let mut packer = DeflateEncoder::new(Vec::with_capacity(plain.len() / 2), Compression::new(4));
        // Writing to memory does not fail; if it did, the file would read as one without facts.
        let bytes = packer.write_all(&plain).and_then(|()| packer.finish()).unwrap_or_default();
        let rest = Rest {
            path: file.path.clone(),
            functions: file.functions.len() as u32,
            wiring: file.wiring_fingerprint,
            bytes: bytes.into(),
        };
        Packed { rest: Arc::new(rest), keys: Some(Arc::new(file.keys.to_vec())) }
    }

    /// The file's key in the index.
    pub fn path(&self) -> &SmolStr {
        &self.rest.path
    }

    /// How many functions were found in it.
    pub fn functions(&self) -> usize {
        self.rest.functions as usize
    }

    /// All that was found. Costs some ten microseconds.
    pub fn open(&self) -> SourceFile {
        self.unpack().unwrap_or_else(|| SourceFile::empty(&self.rest.path))
    }

    /// Appends it to what a cache keeps. Meant for this very build of the program: another one may find other facts.
    pub fn write(&self, to: &mut Vec<u8>) {
        let (rest, keys) = (&*self.rest, self.keys());
        to.extend(rest.functions.to_le_bytes());
        to.extend(rest.wiring.to_le_bytes());
        to.extend((keys.len() as u32).to_le_bytes());
        keys.iter().for_each(|key| to.extend(key.to_le_bytes()));
        to.extend(&rest.bytes);
    }

    /// What [`Packed::write`] appended, all of `from`; `None` when it is cut off.
    pub fn read(path: &str, from: &[u8]) -> Option<Packed> {
        let (functions, from) = from.split_first_chunk()?;
        let (wiring, from) = from.split_first_chunk()?;
        let (count, from) = from.split_first_chunk()?;
        let count = u32::from_le_bytes(*count) as usize;
        let (keys, bytes) = from.split_at_checked(count.checked_mul(4)?)?;
        let keys: Vec<u32> = keys.as_chunks().0.iter().map(|key| u32::from_le_bytes(*key)).collect();
        let rest = Rest {
            path: path.into(),
            functions: u32::from_le_bytes(*functions),
            wiring: u64::from_le_bytes(*wiring),
            bytes: bytes.into(),
        };
        Some(Packed { rest: Arc::new(rest), keys: Some(Arc::new(keys)) })
    }

    /// The bytes that it rests in.
    pub(crate) fn size(&self) -> usize {
        self.rest.bytes.len()
    }

    /// Whether both are one version of one file.
    pub fn is_same(&self, other: &Packed) -> bool {
        Arc::ptr_eq(&self.rest, &other.rest)
    }

    /// What it is found by, sorted. Costs opening it when it does not carry them.
    pub(crate) fn keys(&self) -> Arc<Vec<u32>> {
        self.keys.clone().unwrap_or_else(|| Arc::new(self.open().keys.to_vec()))
    }

    /// The same, without what an index knows of it anyway.
    pub(crate) fn bare(self) -> Packed {
        Packed { keys: None, ..self }
    }

    /// Changes when something does that other files' facts may depend on.
    pub(crate) fn wiring_fingerprint(&self) -> u64 {
        self.rest.wiring
    }

    fn unpack(&self) -> Option<SourceFile> {
        let mut plain = Vec::with_capacity(self.rest.bytes.len() * 3);
        DeflateDecoder::new(&*self.rest.bytes).take(MAX_UNPACKED).read_to_end(&mut plain).ok()?;
        let mut reader = Reader::new(&plain)?;
        let mut file = facts::unpack(&self.rest.path, &mut reader)?;
        *file.wiring = Pack::unpack(&mut reader)?;
        file.wiring_fingerprint = self.rest.wiring;
        file.keys = file_keys(&file);
        Some(file)
    }
}

impl From<SourceFile> for Packed {
    fn from(file: SourceFile) -> Packed {
        Packed::of(&file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &[(&str, &str)] = &[
        ("shop/app.py", include_str!("../../../../../fixtures/apps/python/checkout/app.py")),
        ("shop/orders.js", include_str!("../../../../../fixtures/apps/node/storefront/routes/orders.js")),
        ("shop/main.rs", include_str!("../../../../../fixtures/apps/rust/catalog/src/main.rs")),
        ("shop/empty.go", ""),
        ("shop/broken.py", "def a(\n  def b(): @app.get(f'/{x}')\nclass é(B): pass\n"),
    ];

    #[test]
    fn what_was_packed_comes_back_whole() {
        for (path, text) in CODE {
            let file = crate::read(path, text).unwrap();
            let packed = Packed::of(&file);
            assert_eq!(format!("{:?}", packed.open()), format!("{file:?}"));
            assert_eq!(packed.clone().bare().keys(), packed.keys());
            let mut written = Vec::new();
            packed.write(&mut written);
            let read = Packed::read(path, &written).unwrap();
            assert_eq!(format!("{read:?}"), format!("{packed:?}"));
            (0..written.len().min(40)).for_each(|at| drop(Packed::read(path, &written[..at])));
            assert_eq!((packed.path().as_str(), packed.functions()), (*path, file.functions.len()));
        }
    }

    #[test]
    fn bytes_that_nobody_packed_are_a_file_without_facts() {
        let packed = Packed::of(&crate::read(CODE[0].0, CODE[0].1).unwrap());
        for at in 0..packed.size() {
            let mut bytes = packed.rest.bytes.clone();
            bytes[at] ^= 0x55;
            let rest = Rest { path: "a.py".into(), bytes, functions: 0, wiring: 0 };
            Packed { rest: Arc::new(rest), keys: None }.open();
        }
        for length in 0..4_000_u32 {
            let plain: Vec<u8> = (0..length % 97).map(|at| (at.wrapping_mul(length) >> 3) as u8).collect();
            if let Some(mut reader) = Reader::new(&plain) {
                assert!(
                    facts::unpack(&"a.py".into(), &mut reader).is_none_or(|file| file.functions.len() < 97)
                );
            }
        }
    }
}
