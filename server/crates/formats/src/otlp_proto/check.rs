//! Whether a body can be used as it came: walked once, with nothing built of it.
//!
//! Whatever is wrong here is looked at again by the decoder, which finds the words for it.

use crate::{
    Limits,
    error::WireError,
    wire::{self, Field, Reader},
};

/// How many spans a `TracesData` holds; `None` unless every text of it is UTF-8, every id valid, nothing over a limit
/// and nothing left out by [`super::decode_traces`].
pub(crate) fn clean_spans(body: &[u8], limits: &Limits) -> Option<usize> {
    let mut check = Check { limits, spans: 0, items_left: limits.items, elements_left: limits.elements() };
    check.traces(body).ok()?;
    Some(check.spans)
}

/// It cannot be used as it is.
struct Unclean;

impl From<WireError> for Unclean {
    fn from(_: WireError) -> Unclean {
        Unclean
    }
}

type Checked = Result<(), Unclean>;

struct Check<'l> {
    limits: &'l Limits,
    spans: usize,
    items_left: usize,
    elements_left: usize,
}

impl Check<'_> {
    fn traces(&mut self, body: &[u8]) -> Checked {
        each_field(body, |number, field| match number {
            1 => self.resource_spans(field.bytes()?),
            // Nobody but us writes log records there.
            super::LOGS => Err(Unclean),
            _ => Ok(()),
        })
    }

    fn resource_spans(&mut self, message: &[u8]) -> Checked {
        let mut attributes = 0;
        each_field(message, |number, field| match number {
            1 => each_field(field.bytes()?, |number, field| match number {
                1 => self.pair(field, &mut attributes),
                _ => Ok(()),
            }),
            2 => self.scope_spans(field.bytes()?),
            _ => Ok(()),
        })
    }

    fn scope_spans(&mut self, message: &[u8]) -> Checked {
        let mut attributes = 0;
        each_field(message, |number, field| match number {
            1 => each_field(field.bytes()?, |number, field| match number {
                1 | 2 => self.text(field),
                3 => self.pair(field, &mut attributes),
                _ => Ok(()),
            }),
            2 => self.span(field.bytes()?),
            _ => Ok(()),
        })
    }

    fn span(&mut self, message: &[u8]) -> Checked {
        self.spans += 1;
        ensure(self.spans <= self.limits.spans)?;
        let (mut has_trace, mut has_id) = (false, false);
        let (mut attributes, mut events, mut links) = (0, 0, 0);
        each_field(message, |number, field| {
            match number {
                9 => return self.pair(field, &mut attributes),
                1 => has_trace = is_id::<16>(field)?,
                2 => has_id = is_id::<8>(field)?,
                3 | 5 => return self.text(field),
                4 => return ensure(matches!(field.bytes()?.len(), 0 | 8)),
                6 => return varint(field),
                7 | 8 => return fixed64(field),
                11 => {
                    self.count(&mut events, self.limits.events)?;
                    return self.event(field.bytes()?);
                }
                13 => {
                    self.count(&mut links, self.limits.links)?;
                    return self.link(field.bytes()?);
                }
                15 => return self.status(field.bytes()?),
                _ => {}
            }
            Ok(())
        })?;
        ensure(has_trace && has_id)
    }

    fn event(&mut self, message: &[u8]) -> Checked {
        let (mut attributes, mut has_time, mut has_name) = (0, false, false);
        each_field(message, |number, field| {
            match number {
                1 => has_time = field.fixed64()? != 0,
                2 => {
                    has_name = !field.bytes()?.is_empty();
                    return self.text(field);
                }
                3 => return self.pair(field, &mut attributes),
                _ => {}
            }
            Ok(())
        })?;
        ensure(has_time || has_name || attributes > 0)
    }

    fn link(&mut self, message: &[u8]) -> Checked {
        let (mut has_trace, mut has_id) = (false, false);
        let mut attributes = 0;
        each_field(message, |number, field| {
            match number {
                1 => has_trace = is_id::<16>(field)?,
                2 => has_id = is_id::<8>(field)?,
                4 => return self.pair(field, &mut attributes),
                _ => {}
            }
            Ok(())
        })?;
        ensure(has_trace && has_id)
    }

    fn status(&self, message: &[u8]) -> Checked {
        each_field(message, |number, field| match number {
            2 => self.text(field),
            3 => varint(field),
            _ => Ok(()),
        })
    }

    /// A `KeyValue` of a list that has `already` of them.
    #[inline]
    fn pair(&mut self, field: Field<'_>, already: &mut usize) -> Checked {
        self.count(already, self.limits.attributes)?;
        self.key_value(field.bytes()?, 1)
    }

    /// A second value, which readers disagree on, is unclean.
    #[inline]
    fn key_value(&mut self, message: &[u8], depth: usize) -> Checked {
        if let Some((key, value)) = wire::usual_pair(message) {
            ensure(!key.is_empty())?;
            self.text_bytes(key)?;
            return self.value(value, depth);
        }
        let (mut has_key, mut values) = (false, 0);
        each_field(message, |number, field| match number {
            1 => {
                has_key = !field.bytes()?.is_empty();
                self.text(field)
            }
            2 => {
                values += 1;
                self.value(field.bytes()?, depth)
            }
            _ => Ok(()),
        })?;
        ensure(has_key && values < 2)
    }

    #[inline]
    fn value(&mut self, message: &[u8], depth: usize) -> Checked {
        if let Some(text) = wire::usual_text(message) {
            return self.text_bytes(text);
        }
        if wire::usual_int(message).is_some() {
            return Ok(());
        }
        let mut values = 0;
        each_field(message, |number, field| {
            values += 1;
            match number {
                1 => self.text(field),
                2 | 3 => varint(field),
                4 => fixed64(field),
                5 | 6 => self.list(number, field.bytes()?, depth),
                7 => ensure(field.bytes()?.len() <= self.limits.value_bytes),
                _ => Ok(()),
            }
        })?;
        ensure(values < 2)
    }

    /// An array (5) or a map (6). Recursion ends at the limit of depth.
    fn list(&mut self, kind: u32, message: &[u8], depth: usize) -> Checked {
        ensure(depth < self.limits.depth)?;
        each_field(message, |number, field| {
            if number != 1 {
                return Ok(());
            }
            self.elements_left = self.elements_left.checked_sub(1).ok_or(Unclean)?;
            self.count(&mut 0, usize::MAX)?;
            match kind {
                5 => self.value(field.bytes()?, depth + 1),
                _ => self.key_value(field.bytes()?, depth + 1),
            }
        })
    }

    #[inline]
    fn count(&mut self, already: &mut usize, most: usize) -> Checked {
        *already += 1;
        self.items_left = self.items_left.checked_sub(1).ok_or(Unclean)?;
        ensure(*already <= most)
    }

    #[inline]
    fn text(&self, field: Field<'_>) -> Checked {
        self.text_bytes(field.bytes()?)
    }

    #[inline]
    fn text_bytes(&self, bytes: &[u8]) -> Checked {
        ensure(
            bytes.len() <= self.limits.value_bytes
                && (bytes.is_ascii() || std::str::from_utf8(bytes).is_ok()),
        )
    }
}

#[inline]
fn each_field<'a>(message: &'a [u8], mut visit: impl FnMut(u32, Field<'a>) -> Checked) -> Checked {
    let mut reader = Reader::new(message);
    while let Some((number, field)) = reader.next()? {
        visit(number, field)?;
    }
    Ok(())
}

#[inline]
fn is_id<const N: usize>(field: Field<'_>) -> Result<bool, Unclean> {
    Ok(<&[u8; N]>::try_from(field.bytes()?).is_ok_and(|id| *id != [0; N]))
}

#[inline]
fn varint(field: Field<'_>) -> Checked {
    field.varint()?;
    Ok(())
}

#[inline]
fn fixed64(field: Field<'_>) -> Checked {
    field.fixed64()?;
    Ok(())
}

#[inline]
fn ensure(is_so: bool) -> Checked {
    if is_so { Ok(()) } else { Err(Unclean) }
}
