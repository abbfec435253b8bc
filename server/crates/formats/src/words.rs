//! Texts that a body repeats, kept once: long keys, routes, host names and user agents stand in span after span.

use model::SmolStr;

/// Texts up to this many bytes are part of their value and need no sharing.
const INLINE: usize = 23;

/// Longer ones hardly ever repeat within a body.
const LONGEST: usize = 256;

/// Places for texts; a new one takes the place of another.
const PLACES: usize = 256;

/// The texts seen last.
#[derive(Default)]
pub(crate) struct Words {
    places: Vec<SmolStr>,
}

impl Words {
    /// The same text as seen before, or `None`.
    #[inline]
    pub(crate) fn find(&self, bytes: &[u8]) -> Option<SmolStr> {
        if bytes.len() <= INLINE || bytes.len() > LONGEST {
            return None;
        }
        self.places.get(place(bytes)).filter(|known| known.as_bytes() == bytes).cloned()
    }

    /// Remembers `text`, which was not found.
    pub(crate) fn add(&mut self, text: &SmolStr) {
        if text.len() <= INLINE || text.len() > LONGEST {
            return;
        }
        if self.places.is_empty() {
            self.places.resize(PLACES, SmolStr::default());
        }
        if let Some(known) = self.places.get_mut(place(text.as_bytes())) {
            known.clone_from(text);
        }
    }
}

/// Mixes the length with the first and last eight bytes: enough to tell keys of one convention apart.
fn place(bytes: &[u8]) -> usize {
    let word = |part: Option<&[u8; 8]>| part.map_or(0, |part| u64::from_le_bytes(*part));
    let mixed =
        word(bytes.first_chunk()) ^ word(bytes.last_chunk()).rotate_left(23) ^ (bytes.len() as u64) << 56;
    (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_again_and_no_other_is_taken_for_it() {
        let mut words = Words::default();
        let keys = ["http.response.status_code", "http.response.status_cods", "network.protocol.version_1"];
        assert_eq!(words.find(keys[0].as_bytes()), None);
        keys.iter().for_each(|key| words.add(&SmolStr::from(*key)));
        for key in keys {
            assert!(words.find(key.as_bytes()).is_none_or(|found| found == key));
        }
        words.add(&SmolStr::from(keys[0]));
        assert_eq!(words.find(keys[0].as_bytes()).as_deref(), Some(keys[0]));
        assert_eq!(words.find(b"short"), None);
    }
}
