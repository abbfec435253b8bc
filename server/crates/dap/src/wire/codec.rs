//! Frames of the base protocol: a header that says how many bytes follow, and those bytes.
//!
//! Lenient in what it reads, because clients differ: header names in any case, unknown headers, blank bytes between
//! frames. Strict about size, because the length is the sender's claim.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

/// The longest header that is read.
const MAX_HEADER: usize = 8 << 10;

/// The longest body that is read: far above any message a client has to send.
const MAX_BODY: usize = 64 << 20;

/// Reads and writes frames.
#[derive(Debug, Default)]
pub(crate) struct Codec {
    /// Length of the body whose header has been read.
    body: Option<usize>,
}

/// Where the next message begins can no longer be known: the connection has to be closed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
    #[error("the header of a message is longer than {MAX_HEADER} bytes")]
    LongHeader,
    #[error("a message came without a Content-Length header that is a number")]
    NoLength,
    #[error("a message says it has {0} bytes, but at most {MAX_BODY} are read")]
    LongBody(usize),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl Decoder for Codec {
    type Item = Bytes;
    type Error = FrameError;

    fn decode(&mut self, bytes: &mut BytesMut) -> Result<Option<Bytes>, FrameError> {
        let length = match self.body {
            Some(length) => length,
            None => match read_header(bytes)? {
                Some(length) => *self.body.insert(length),
                None => return Ok(None),
            },
        };
        if bytes.len() < length {
            // Room is made as bytes come, not for what the header promises.
            return Ok(None);
        }
        self.body = None;
        Ok(Some(bytes.split_to(length).freeze()))
    }

    /// A connection that closes in the middle of a message loses that message and nothing else.
    fn decode_eof(&mut self, bytes: &mut BytesMut) -> Result<Option<Bytes>, FrameError> {
        let frame = self.decode(bytes)?;
        if frame.is_none() {
            bytes.clear();
        }
        Ok(frame)
    }
}

impl Encoder<&[u8]> for Codec {
    type Error = FrameError;

    fn encode(&mut self, body: &[u8], bytes: &mut BytesMut) -> Result<(), FrameError> {
        bytes.put_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
        bytes.put_slice(body);
        Ok(())
    }
}

/// Takes a whole header off the front and tells the length it announces.
fn read_header(bytes: &mut BytesMut) -> Result<Option<usize>, FrameError> {
    let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n' | b' ')).count();
    bytes.advance(blank);
    let window = bytes.get(..bytes.len().min(MAX_HEADER)).unwrap_or_default();
    let Some(end) = window.windows(4).position(|four| four == b"\r\n\r\n") else {
        return if bytes.len() >= MAX_HEADER { Err(FrameError::LongHeader) } else { Ok(None) };
    };
    let header = bytes.split_to(end + 4);
    let length = content_length(&header).ok_or(FrameError::NoLength)?;
    if length > MAX_BODY { Err(FrameError::LongBody(length)) } else { Ok(Some(length)) }
}

fn content_length(header: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(header).ok()?;
    let mut fields = text.split("\r\n").filter_map(|line| line.split_once(':'));
    let (_, value) = fields.find(|(name, _)| name.trim().eq_ignore_ascii_case("content-length"))?;
    let value = value.trim();
    // A number too long for this machine is still a number, and too large.
    let digits = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| value.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frames(input: &[u8], chunk: usize) -> Result<Vec<String>, FrameError> {
        let mut codec = Codec::default();
        let mut buffer = BytesMut::new();
        let mut frames = Vec::new();
        for part in input.chunks(chunk) {
            buffer.extend_from_slice(part);
            while let Some(frame) = codec.decode(&mut buffer)? {
                frames.push(String::from_utf8_lossy(&frame).into_owned());
            }
        }
        Ok(frames)
    }

    #[test]
    fn frames_are_found_wherever_the_stream_is_split() {
        let input = b"Content-Length: 2\r\n\r\n{}\r\n content-length:3\r\nContent-Type: x; y\r\n\r\n[1]\n\nCONTENT-LENGTH: 0\r\n\r\n";
        for chunk in 1..input.len() {
            assert_eq!(frames(input, chunk).unwrap(), ["{}", "[1]", ""], "chunks of {chunk}");
        }
    }

    #[test]
    fn absurd_lengths_are_refused_before_a_byte_is_reserved() {
        for length in ["18446744073709551615", "99999999999999999999999", "67108865"] {
            let header = format!("Content-Length: {length}\r\n\r\n");
            assert!(matches!(frames(header.as_bytes(), 9), Err(FrameError::LongBody(_))), "{length}");
        }
        for header in
            ["Content-Length: -1\r\n\r\n", "Content-Length:\r\n\r\n", "Host: x\r\n\r\n", "\u{1}\r\n\r\n"]
        {
            assert!(matches!(frames(header.as_bytes(), 9), Err(FrameError::NoLength)), "{header:?}");
        }
        assert!(matches!(frames(&vec![b'x'; MAX_HEADER], 999), Err(FrameError::LongHeader)));
    }

    #[test]
    fn nothing_follows_a_body() {
        let mut bytes = BytesMut::new();
        Codec::default().encode(b"{}", &mut bytes).unwrap();
        assert_eq!(&bytes[..], b"Content-Length: 2\r\n\r\n{}");
    }
}
