//! A browser for code-server and the trace page: one that is there, else Debian's.

use std::path::{Path, PathBuf};

use super::{Lack, Toolbox, apt};
use crate::process::find_program;

const NAMES: &[&str] = &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// Without a font with the arrows and triangles of our texts, screenshots show boxes.
const FONT: &str = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";

/// The browser's binary.
pub(super) fn ensure(toolbox: &mut Toolbox) -> Result<PathBuf, Lack> {
    let find = || NAMES.iter().find_map(|name| find_program(name));
    if let Some(browser) = find() {
        if !Path::new(FONT).exists() {
            // The checks read text, not pixels: only pictures suffer, so a lack is no reason to stop.
            let _ = apt::install(toolbox, "fonts-dejavu-core", &["fonts-dejavu-core"]);
        }
        return Ok(browser);
    }
    apt::install(toolbox, "chromium", &["chromium", "fonts-dejavu-core"])?;
    find().ok_or_else(|| Lack::Broken("apt-get installed chromium, but PATH has none".to_owned()))
}
