//! Handing documents over on requests from outside: the package, piece by piece, and what it would hold.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::Extension;
use axum::body::{Body, HttpBody};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use serde::Serialize;
use tokio::task::JoinHandle;
use varanto_app::AppError;
use varanto_app::disclosure::{Package, PackageWords, PlannedPackage};
use varanto_formats::handing_over;
use varanto_formats::view::ViewLanguage;

use super::caller::Asker;
use super::parameters::Parameters;
use super::problem::{Coded, Problem};
use super::{body, documents};
use crate::doors::Doors;
use crate::frame::language_of;
use crate::texts::{self, Language};

type Answer = Result<Response, Problem>;

/// The digest of the whole answer (RFC 9530).
const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");

/// `POST /clients/_disclosure`: the package of what may be handed over; with `dry_run`, what would be in it.
pub async fn hand_over(
    State(doors): State<Doors>,
    Extension(asker): Extension<Asker>,
    Extension(parameters): Extension<Parameters>,
    headers: HeaderMap,
    sent: Body,
) -> Answer {
    let language = documents::language(&parameters, &headers)?;
    let dry_run = parameters.parsed::<bool>("dry_run", "true, false")?.unwrap_or(false);
    let request = body::told(&doors, &headers, sent, handing_over::read).await?;
    if dry_run {
        let planned = doors.work(move |app| app.try_handing_over(&asker.0, &request)).await?;
        let told = ToldPlan::of(&planned, language_of(&headers));
        return Ok(documents::answer(&told));
    }
    let name = format!("varanto-{}-{}.zip", request.form.code(), file_name(&request.reference));
    let words = words(language);
    let package =
        doors.work(move |app| app.hand_over(&asker.0, &request, language, &words)).await?;
    let digest = format!("sha-256=:{}:", STANDARD.encode(package.checksum()));
    let fixed = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (REPR_DIGEST, digest),
    ];
    Ok((fixed, Body::new(Pieces::of(package))).into_response())
}

/// The texts of a package's own pages.
fn words(language: ViewLanguage) -> PackageWords {
    let language = match language {
        ViewLanguage::Finnish => Language::Finnish,
        ViewLanguage::Swedish => Language::Swedish,
    };
    Arc::new(move |key| texts::text(language, key))
}

/// A reference as part of a file's name.
fn file_name(reference: &str) -> String {
    reference.replace(['/', ':'], "-")
}

/// A package on its way out: the next piece is made when the one before it was taken, so that a slow reader holds
/// neither a thread nor more than one piece.
struct Pieces {
    package: Arc<Package>,
    next: usize,
    left: u64,
    making: Option<JoinHandle<Result<Option<Vec<u8>>, AppError>>>,
}

impl Pieces {
    fn of(package: Package) -> Self {
        Self { left: package.bytes(), package: Arc::new(package), next: 0, making: None }
    }
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let (package, number) = (Arc::clone(&self.package), self.next);
        let making = self
            .making
            .get_or_insert_with(|| tokio::task::spawn_blocking(move || package.piece(number)));
        let made = ready!(Pin::new(making).poll(context));
        self.making = None;
        self.next += 1;
        Poll::Ready(match made {
            Ok(Ok(Some(piece))) => {
                self.left = self.left.saturating_sub(piece.len() as u64);
                Some(Ok(Frame::data(piece.into())))
            }
            Ok(Ok(None)) => None,
            // What was sent so far is no package, and its length says so.
            Ok(Err(error)) => {
                tracing::error!(%error, "a package broke off");
                Some(Err(axum::Error::new(error)))
            }
            Err(error) => {
                tracing::error!(%error, "a package broke off");
                Some(Err(axum::Error::new(error)))
            }
        })
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[derive(Serialize)]
struct ToldPlan<'a> {
    documents: Vec<ToldDocument<'a>>,
    left_out: Vec<ToldLeftOut<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<&'a str>,
}

#[derive(Serialize)]
struct ToldDocument<'a> {
    document_id: &'a str,
    extent: Coded,
}

#[derive(Serialize)]
struct ToldLeftOut<'a> {
    document_id: &'a str,
    why: &'static str,
    rule: &'static str,
    text: String,
}

impl<'a> ToldPlan<'a> {
    fn of(plan: &'a PlannedPackage, language: Language) -> Self {
        let documents = plan.documents.iter().map(|one| ToldDocument {
            document_id: one.document.as_str(),
            extent: Coded::of("extent", one.extent.code(), language),
        });
        let left_out = plan.left_out.iter().map(|(document, denial)| ToldLeftOut {
            document_id: document.as_str(),
            why: denial.code(),
            rule: denial.rule(),
            text: texts::text(language, &format!("denial.{}.title", denial.code())),
        });
        Self {
            documents: documents.collect(),
            left_out: left_out.collect(),
            unknown: plan.unknown.iter().map(varanto_domain::ids::Oid::as_str).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use varanto_app::disclosure::Extent;
    use varanto_domain::disclosure::{HandedAs, ReceiverKind};

    use super::*;

    /// DIS-6: receivers and extents have their texts in each language, and none is unused.
    #[test]
    fn every_receiver_and_extent_has_its_text_and_no_text_is_unused() {
        let families: [(&str, BTreeSet<&str>); 2] = [
            ("receiver", ReceiverKind::ALL.map(ReceiverKind::code).into()),
            ("extent", Extent::ALL.map(Extent::code).into()),
        ];
        for language in Language::ALL {
            for (family, known) in &families {
                let told: BTreeSet<&str> = texts::keys(language)
                    .into_iter()
                    .filter_map(|key| key.strip_prefix(family)?.strip_prefix('.'))
                    .collect();
                assert_eq!(told, *known, "{family} {language}");
            }
            for form in HandedAs::ALL {
                assert!(texts::find(language, &format!("package.note-{}", form.code())).is_some());
            }
        }
    }

    #[test]
    fn a_reference_names_the_file_without_folders() {
        assert_eq!(file_name("SUV/12:3/2026"), "SUV-12-3-2026");
    }
}
