//! How a body is compressed, and its decompression: as a stream that stops at a limit, because 8 KiB of zstd may
//! hold 256 MiB of zeros.

use std::io::{self, Read};

use flate2::read::MultiGzDecoder;

use crate::limits;

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip (RFC 1952), of one or several members.
    Gzip,
    /// Zstandard (RFC 8878), of one or several frames.
    Zstd,
}

/// Why a body could not be decompressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unpacked {
    /// It is something else, or broken.
    Malformed,
    /// It is larger than allowed.
    TooLarge,
}

impl Compression {
    /// What a name of HTTP's content codings or of gRPC's message encodings means; `None` for any other.
    pub(super) fn named(name: &str) -> Option<Compression> {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        match name {
            _ if name.is_empty() || is("identity") => Some(Compression::None),
            _ if is("gzip") => Some(Compression::Gzip),
            _ if is("zstd") => Some(Compression::Zstd),
            _ => None,
        }
    }

    /// Its name in headers.
    pub fn name(self) -> &'static str {
        match self {
            Compression::None => "identity",
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
        }
    }

    /// Decompresses `bytes` into at most `limit` bytes.
    pub(super) fn unpack(self, bytes: &[u8], limit: usize) -> Result<Vec<u8>, Unpacked> {
        match self {
            Compression::None => Ok(bytes.to_vec()),
            Compression::Gzip => read(MultiGzDecoder::new(bytes), limit),
            Compression::Zstd => read(unzstd(bytes).map_err(|_| Unpacked::Malformed)?, limit),
        }
    }
}

fn unzstd(bytes: &[u8]) -> io::Result<impl Read> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(bytes)?;
    // A frame names how far back it refers, and that much memory is taken at once.
    decoder.window_log_max(limits::ZSTD_WINDOW_LOG)?;
    Ok(decoder)
}

fn read(reader: impl Read, limit: usize) -> Result<Vec<u8>, Unpacked> {
    let mut plain = Vec::new();
    reader.take(limit as u64 + 1).read_to_end(&mut plain).map_err(|_| Unpacked::Malformed)?;
    if plain.len() > limit { Err(Unpacked::TooLarge) } else { Ok(plain) }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        zstd::stream::encode_all(bytes, 1).unwrap()
    }

    #[test]
    fn members_and_frames_follow_each_other() {
        let two = [gzip(b"one "), gzip(b"two")].concat();
        assert_eq!(Compression::Gzip.unpack(&two, 100).unwrap(), b"one two");
        let two = [zstd(b"one "), zstd(b"two")].concat();
        assert_eq!(Compression::Zstd.unpack(&two, 100).unwrap(), b"one two");
    }

    #[test]
    fn the_limit_is_of_all_of_them_together() {
        for (compression, one) in
            [(Compression::Gzip, gzip(&[0; 1000])), (Compression::Zstd, zstd(&[0; 1000]))]
        {
            let two = [one.clone(), one.clone()].concat();
            assert_eq!(compression.unpack(&two, 2000).unwrap().len(), 2000);
            assert_eq!(compression.unpack(&two, 1999), Err(Unpacked::TooLarge));
        }
    }

    #[test]
    fn what_is_broken_or_something_else_is_malformed() {
        for (compression, good) in [(Compression::Gzip, gzip(b"good")), (Compression::Zstd, zstd(b"good"))] {
            let cut = &good[..good.len() - 2];
            for bad in [b"plain text".as_slice(), cut, b"\x28\xb5\x2f\xfd", b"\x1f\x8b\x08"] {
                assert_eq!(compression.unpack(bad, 100), Err(Unpacked::Malformed), "{compression:?} {bad:?}");
            }
        }
    }

    #[test]
    fn a_frame_may_not_ask_for_much_memory() {
        // Magic number, no single segment, a window of 1 << 31 bytes (exponent 21), a last raw block of no bytes.
        let greedy = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 21 << 3, 0x01, 0x00, 0x00];
        assert_eq!(Compression::Zstd.unpack(&greedy, 100), Err(Unpacked::Malformed));
    }
}
