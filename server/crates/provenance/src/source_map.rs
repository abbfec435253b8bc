//! The source map of one bundle: named in it, beside it, or within it.

use std::path::{Path, PathBuf};

use attribution::Token;
use sourcemap::{DecodedMap, SourceMap, SourceMapRef, decode_data_url, decode_slice};

use crate::reader::read_text;

/// Larger bundles are passed over.
const LARGEST_BUNDLE: u64 = 16 << 20;
/// Larger maps are passed over.
const LARGEST_MAP: u64 = 48 << 20;
/// Maps of more places are passed over.
const MAX_TOKENS: u32 = 2_000_000;

/// A map that was found.
pub(crate) struct Found {
    pub(crate) map: Map,
    /// The file that holds it; `None` when the bundle does.
    pub(crate) map_path: Option<PathBuf>,
}

/// What a map says.
pub(crate) struct Map {
    /// Ordered by place in the bundle.
    pub(crate) tokens: Vec<Token>,
    /// As spelled, with the map's source root.
    pub(crate) sources: Vec<String>,
}

/// The map of the bundle at `path`; nothing outside `root` is read.
pub(crate) fn read(path: &Path, root: &Path) -> Option<Found> {
    let text = read_text(path, LARGEST_BUNDLE)?;
    let named = sourcemap::locate_sourcemap_reference_slice(text.as_bytes()).ok().flatten();
    let url = named.as_ref().map(SourceMapRef::get_url).filter(|url| !url.is_empty());
    if let Some(url) = url.filter(|url| url.starts_with("data:")) {
        let map = decode_data_url(url).ok().and_then(plain_map)?;
        return Some(Found { map, map_path: None });
    }
    let folder = path.parent()?;
    let named =
        url.filter(|url| !url.contains("://")).map(|url| folder.join(url.split('?').next().unwrap_or(url)));
    let beside = path.with_file_name(format!("{}.map", path.file_name()?.to_str()?));
    named.into_iter().chain([beside]).find_map(|file| {
        let file = file.canonicalize().ok().filter(|file| file.starts_with(root))?;
        let map = decode_slice(read_text(&file, LARGEST_MAP)?.as_bytes()).ok().and_then(plain_map)?;
        Some(Found { map, map_path: Some(file) })
    })
}

fn plain_map(decoded: DecodedMap) -> Option<Map> {
    match decoded {
        DecodedMap::Regular(map) => Some(map),
        DecodedMap::Index(parts) => parts.flatten().ok(),
        DecodedMap::Hermes(_) => None,
    }
    .and_then(|map| of(&map))
}

fn of(map: &SourceMap) -> Option<Map> {
    if map.get_token_count() > MAX_TOKENS {
        return None;
    }
    let sources: Vec<String> =
        (0..map.get_source_count()).map(|at| map.get_source(at).unwrap_or_default().to_owned()).collect();
    let token = |token: sourcemap::Token<'_>| Token {
        line: token.get_dst_line(),
        column: token.get_dst_col(),
        // A place that comes from no source has a number beyond all of them.
        source: token.get_src_id(),
        source_line: token.get_src_line(),
    };
    let mut tokens: Vec<Token> = map.tokens().map(token).collect();
    tokens.sort_unstable();
    Some(Map { tokens, sources })
}
