//! The bytes of a segment: a header, then frames, each of which can be found and checked on its own.
//!
//! Header: `SPGLASS` and the version as one byte. Frame: a mark of four bytes, the length of the payload as `u32`,
//! the time in nanoseconds as `u64`, the CRC-32 of length, time and payload as `u32`, the payload. All numbers are
//! little-endian. The mark says whether the payload is what was appended, or packed: its length as `u32` and an LZ4
//! block. Version 1 knew no packed payloads.

use model::Timestamp;

pub(crate) const HEADER: [u8; 8] = *b"SPGLASS\x02";
const OLDER_HEADER: [u8; 8] = *b"SPGLASS\x01";
const MARK: [u8; 4] = [0xf5, b'S', b'g', 0xfa];
/// Differs from the other in more than one byte, so that no flipped one makes one of the other.
const PACKED_MARK: [u8; 4] = [0xf5, b'L', b'z', 0xfa];
/// Smaller payloads are not packed: there is nothing to gain.
const LEAST_PACKED: usize = 256;

/// Bytes of a frame beside its payload.
pub(crate) const FRAME_OVERHEAD: usize = 20;

/// Bytes that are checked again in search of good frames after damage, in multiples of the segment: marks can stand in
/// a payload by chance or by malice, and each of them costs a checksum.
const MOST_SEARCH: usize = 8;

/// The largest payload. What claims more is damage.
pub(crate) const MOST_PAYLOAD: usize = 64 * 1024 * 1024;

/// Whether a file that begins so can be read.
pub(crate) fn is_known(bytes: &[u8]) -> bool {
    bytes.starts_with(&HEADER) || bytes.starts_with(&OLDER_HEADER)
}

/// Whether it may be the beginning of a header that was never finished.
pub(crate) fn is_torn_header(bytes: &[u8]) -> bool {
    HEADER.starts_with(bytes) || OLDER_HEADER.starts_with(bytes)
}

/// Appends a frame to `out`, packed where that makes it smaller.
pub(crate) fn write_frame(out: &mut Vec<u8>, payload: &[u8], time: Timestamp) {
    if payload.len() >= LEAST_PACKED {
        let packed = lz4_flex::block::compress_prepend_size(payload);
        if packed.len() < payload.len() {
            return write(out, PACKED_MARK, &packed, time);
        }
    }
    write(out, MARK, payload, time);
}

fn write(out: &mut Vec<u8>, mark: [u8; 4], payload: &[u8], time: Timestamp) {
    let length = (payload.len() as u32).to_le_bytes();
    let time = time.0.to_le_bytes();
    out.reserve(FRAME_OVERHEAD + payload.len());
    out.extend(mark);
    out.extend(length);
    out.extend(time);
    out.extend(checksum(length, time, payload).to_le_bytes());
    out.extend(payload);
}

/// A frame found in a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found<'a> {
    pub(crate) time: Timestamp,
    /// All of its bytes, to be kept as they are and for [`payload`].
    pub(crate) whole: &'a [u8],
}

/// What was appended as the frame with the bytes `whole`; `None` when a packed payload makes no sense, whatever its
/// checksum says.
pub(crate) fn payload(whole: &[u8]) -> Option<Vec<u8>> {
    let payload = whole.get(FRAME_OVERHEAD..)?;
    if !whole.starts_with(&PACKED_MARK) {
        return Some(payload.to_vec());
    }
    let (length, _) = payload.split_first_chunk::<4>()?;
    if u32::from_le_bytes(*length) as usize > MOST_PAYLOAD {
        return None;
    }
    lz4_flex::block::decompress_size_prepended(payload).ok()
}

/// What is wrong with a segment's bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Damage {
    /// Bytes passed over between good frames.
    pub(crate) skipped: usize,
    /// Bytes of an unfinished frame at the end: its writer died. No damage, and usual.
    pub(crate) torn: usize,
}

/// Finds the good frames of a segment whose header was checked, in order.
pub(crate) fn frames(segment: &[u8]) -> (Vec<Found<'_>>, Damage) {
    let mut found = Vec::new();
    let mut damage = Damage::default();
    let mut rest = segment.get(HEADER.len()..).unwrap_or(&[]);
    let mut search_left = segment.len().saturating_mul(MOST_SEARCH);
    while !rest.is_empty() {
        if let Some((frame, after)) = frame_at(rest) {
            found.push(frame);
            rest = after;
            continue;
        }
        // Either the last frame was never finished, or bytes were changed: another good frame tells.
        match next_good(rest, &mut search_left) {
            Some(at) => {
                damage.skipped += at;
                rest = rest.get(at..).unwrap_or(&[]);
            }
            None if is_unfinished(rest) => {
                damage.torn = rest.len();
                break;
            }
            None => {
                damage.skipped += rest.len();
                break;
            }
        }
    }
    (found, damage)
}

/// The good frame that `bytes` begins with, and what follows it.
fn frame_at(bytes: &[u8]) -> Option<(Found<'_>, &[u8])> {
    let (length, time, crc, rest) = fields(bytes)?;
    let (payload, after) = rest.split_at_checked(u32::from_le_bytes(length) as usize)?;
    let good = payload.len() <= MOST_PAYLOAD && checksum(length, time, payload) == u32::from_le_bytes(crc);
    let whole = bytes.get(..bytes.len() - after.len())?;
    good.then_some((Found { time: Timestamp(u64::from_le_bytes(time)), whole }, after))
}

type Fields<'a> = ([u8; 4], [u8; 8], [u8; 4], &'a [u8]);

fn fields(bytes: &[u8]) -> Option<Fields<'_>> {
    let rest = bytes.strip_prefix(&MARK).or_else(|| bytes.strip_prefix(&PACKED_MARK))?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (time, rest) = rest.split_first_chunk::<8>()?;
    let (crc, rest) = rest.split_first_chunk::<4>()?;
    Some((*length, *time, *crc, rest))
}

/// Where the next good frame begins, after the start. Each candidate takes its length from `search_left`.
fn next_good(bytes: &[u8], search_left: &mut usize) -> Option<usize> {
    for at in 1..bytes.len() {
        let rest = bytes.get(at..)?;
        let Some((length, ..)) = fields(rest) else {
            continue;
        };
        *search_left = search_left.checked_sub((u32::from_le_bytes(length) as usize).min(rest.len()))?;
        if frame_at(rest).is_some() {
            return Some(at);
        }
    }
    None
}

/// Whether `bytes` are the beginning of a frame that goes on beyond their end.
fn is_unfinished(bytes: &[u8]) -> bool {
    if bytes.len() < FRAME_OVERHEAD {
        let marked = bytes.len().min(MARK.len());
        return [MARK, PACKED_MARK].iter().any(|mark| bytes.get(..marked) == mark.get(..marked));
    }
    fields(bytes).is_some_and(|(length, _, _, rest)| {
        let length = u32::from_le_bytes(length) as usize;
        length <= MOST_PAYLOAD && rest.len() < length
    })
}

fn checksum(length: [u8; 4], time: [u8; 8], payload: &[u8]) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    crc.update(&length);
    crc.update(&time);
    crc.update(payload);
    crc.finalize()
}
