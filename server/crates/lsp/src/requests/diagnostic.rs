//! `textDocument/diagnostic`, and what is pushed to clients that do not ask: what is worth a remark in a document.

use insight::{
    findings::{Finding, Related, findings},
    labels::Labels,
};
use model::LinePosition;
use source::Document;
use tokio::sync::mpsc::UnboundedSender;
use tower_lsp::{
    jsonrpc::Result,
    lsp_types::{
        Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DocumentDiagnosticParams,
        DocumentDiagnosticReport, DocumentDiagnosticReportResult, FullDocumentDiagnosticReport, Location,
        NumberOrString, RelatedFullDocumentDiagnosticReport,
    },
};
use world::Snapshot;

use crate::{documents::Shown, event::Event, session::Session, to_proto};

/// Everything worth a remark in the document.
pub(crate) fn answer(
    session: &Session,
    snapshot: &Snapshot,
    params: &DocumentDiagnosticParams,
    events: &UnboundedSender<Event>,
) -> Result<DocumentDiagnosticReportResult> {
    let key = session.key(&params.text_document.uri);
    let items = key.as_ref().map(|key| diagnostics(session, snapshot, key)).unwrap_or_default();
    if let Some(key) = key {
        let shown = Shown { findings: Some(labels(session, snapshot, &key)), ..Shown::default() };
        drop(events.send(Event::Served(key, shown)));
    }
    let report = FullDocumentDiagnosticReport { result_id: None, items };
    let report = RelatedFullDocumentDiagnosticReport {
        related_documents: None,
        full_document_diagnostic_report: report,
    };
    Ok(DocumentDiagnosticReportResult::Report(DocumentDiagnosticReport::Full(report)))
}

/// The same, as it is pushed. Nothing of documents that are not open.
pub(crate) fn diagnostics(session: &Session, snapshot: &Snapshot, key: &str) -> Vec<Diagnostic> {
    let Some((_, document)) = snapshot.documents.get(key) else { return Vec::new() };
    let found = wanted(session, snapshot, key).into_iter();
    found.map(|finding| diagnostic(session, snapshot, document, finding)).collect()
}

/// What a person would see of it now.
pub(crate) fn labels(session: &Session, snapshot: &Snapshot, key: &str) -> Labels {
    Labels::of_findings(&wanted(session, snapshot, key))
}

fn wanted(session: &Session, snapshot: &Snapshot, key: &str) -> Vec<Finding> {
    let Some(file) = snapshot.index.file(key) else { return Vec::new() };
    let mut found = findings(snapshot, file);
    found.retain(|finding| session.settings.diagnostics.wants(finding.code));
    found
}

fn diagnostic(session: &Session, snapshot: &Snapshot, document: &Document, finding: Finding) -> Diagnostic {
    let related = finding.related.iter().filter_map(|related| information(session, snapshot, related));
    let related: Vec<_> = related.filter(|_| session.features.related_information).collect();
    Diagnostic {
        range: to_proto::line(session, document, finding.line),
        severity: Some(DiagnosticSeverity::HINT),
        code: Some(NumberOrString::String(finding.code.to_string())),
        source: Some("spanglass".into()),
        message: finding.message,
        related_information: (!related.is_empty()).then_some(related),
        ..Diagnostic::default()
    }
}

fn information(
    session: &Session,
    snapshot: &Snapshot,
    related: &Related,
) -> Option<DiagnosticRelatedInformation> {
    let at = LinePosition { line: related.line, column: 0 };
    let range = to_proto::point(session, snapshot, &related.file, at);
    let location = Location { uri: session.uri(&related.file)?, range };
    Some(DiagnosticRelatedInformation { location, message: related.message.clone() })
}
