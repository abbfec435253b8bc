//! A span as a document: what an editor shows for a frame that has no file.

use std::fmt::Write;

use model::Attributes;

use crate::{
    recording::{Recording, SpanIndex, function_name},
    wording,
};

/// Lines of one list; spans that hold more say so.
const MAX_ROWS: usize = 1_000;

impl Recording {
    /// What the document of a span is called: its name as a file's, with an extension that editors know.
    pub fn document_name(&self, span: SpanIndex) -> String {
        let name = wording::short(&self.span(span).name, 80);
        let safe = |character: char| if "/\\:*?\"<>|".contains(character) { '-' } else { character };
        let name: String = name.chars().map(safe).collect();
        format!("{}.md", if name.trim().is_empty() { "span" } else { name.trim() })
    }

    /// The document of a span, in Markdown.
    pub fn document(&self, span: SpanIndex) -> String {
        let sent = self.span(span);
        let (start, end) = self.times(span);
        let mut text = format!("# {}\n\n", line(&sent.name));
        let mut row = |name: &str, value: String| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name}: {value}");
        };
        row("service", line(sent.service()));
        row("kind", sent.kind.to_string().to_lowercase());
        row("status", self.status_text(span));
        row("started", wording::offset(self.offset(start)));
        row("duration", wording::duration(end.since(start)));
        row("self time", wording::duration(self.self_time(span)));
        row("span id", sent.span_id.to_string());
        row("trace id", sent.trace_id.to_string());
        if let Some(caller) = self.parent(span) {
            row("called by", self.frame_name(caller));
        }
        row("place", self.place_text(span));
        list(&mut text, "Attributes", attribute_rows(&sent.attributes));
        let events = self.events(span).iter().filter_map(|number| {
            let event = self.event(span, *number)?;
            let time = wording::offset(self.offset(self.event_time(span, *number)));
            let mut entry = format!("{time} {} {}", line(event.name), line(event.body)).trim_end().to_owned();
            for attribute in attribute_rows(event.attributes) {
                let _ = write!(entry, "\n  - {attribute}");
            }
            Some(entry)
        });
        list(&mut text, "Events", events.collect());
        let calls = self.children(span).iter().map(|child| {
            let (start, end) = self.times(*child);
            format!(
                "{} {} ({})",
                wording::offset(self.offset(start)),
                self.frame_name(*child),
                wording::duration(end.since(start))
            )
        });
        list(&mut text, "Calls", calls.collect());
        let links = sent.links.iter().map(|link| format!("span {} of trace {}", link.span_id, link.trace_id));
        list(&mut text, "Links", links.collect());
        list(&mut text, "Resource", attribute_rows(&sent.resource.attributes));
        text
    }

    fn place_text(&self, span: SpanIndex) -> String {
        let placement = self.placement(span);
        match (function_name(placement), placement.candidates.is_empty()) {
            (Some(function), _) => format!("{function}, {}", placement.confidence),
            (None, true) => "no function of this workspace".to_owned(),
            (None, false) => {
                let names: Vec<String> =
                    placement.candidates.iter().take(10).map(ToString::to_string).collect();
                format!("one of {}", names.join(", "))
            }
        }
    }
}

fn attribute_rows(attributes: &Attributes) -> Vec<String> {
    attributes.iter().map(|(key, value)| format!("{}: {}", line(key), line(&value.to_string()))).collect()
}

fn list(text: &mut String, title: &str, rows: Vec<String>) {
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n## {title}\n");
    for row in rows.iter().take(MAX_ROWS) {
        let _ = writeln!(text, "- {row}");
    }
    if rows.len() > MAX_ROWS {
        let _ = writeln!(text, "- and {} more", rows.len() - MAX_ROWS);
    }
}

fn line(text: &str) -> String {
    wording::short(text, 2_000)
}
