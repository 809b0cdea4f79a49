//! Signatures over REST: configured anchors, the signature part, the verdict in the answers.

use std::path::Path;

use tempfile::TempDir;
use varanto_domain::archive::documents::Part;
use varanto_domain::archive::signatures::SignerKind;
use varanto_domain::time::{Clock, Instant};
use varanto_formats::signature::{FileKey, Signing, jws};
use varanto_kit::county::Made;
use varanto_kit::http::Multipart;
use varanto_kit::signers::{Issued, Order, SignerKey, SigningAuthority};
use varanto_server::clock::MachineClock;
use varanto_server::config::{Level, Signatures};

use crate::house::{House, faults, form};

const HOUR: i64 = 3_600_000;

fn hours(number: i64) -> Instant {
    Instant::from_millis(MachineClock.now().millis() + number * HOUR)
}

/// An authority whose files lie in a folder, as an operator lays them.
struct Trusted {
    authority: SigningAuthority,
    folder: TempDir,
}

impl Trusted {
    fn make() -> Self {
        let authority = SigningAuthority::make("Certs", (hours(-1000), hours(10_000))).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let trusted = Self { authority, folder };
        for name in ["anchors", "between", "lists"] {
            std::fs::create_dir(trusted.path(name)).unwrap();
        }
        std::fs::write(trusted.path("anchors/root.pem"), trusted.authority.root_pem()).unwrap();
        std::fs::write(trusted.path("between/certs.der"), trusted.authority.between()).unwrap();
        trusted.list(&[]);
        trusted
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(Path::new(name))
    }

    fn list(&self, revoked: &[&Issued]) {
        let revoked: Vec<_> = revoked.iter().map(|one| (*one, hours(-1))).collect();
        let lists = self.authority.revocation_lists(&revoked, hours(-2), hours(100)).unwrap();
        for (number, list) in lists.iter().enumerate() {
            std::fs::write(self.path(&format!("lists/{number}.crl")), list).unwrap();
        }
    }

    fn config(&self, level: Level) -> Signatures {
        Signatures {
            anchors: vec![self.path("anchors")],
            intermediates: vec![self.path("between")],
            revocation_lists: vec![self.path("lists")],
            level,
            ..Signatures::default()
        }
    }
}

/// The form of a document with its detached signature, and that signature.
fn signed_form(made: &Made, by: &Issued) -> (Multipart, String) {
    let parts: Vec<(Part, &[u8])> =
        made.parts.iter().map(|(part, bytes)| (*part, bytes.as_slice())).collect();
    let text = jws::signed_parts(made.metadata_json.as_bytes(), &parts);
    let key = FileKey::read(by.key_pem.as_bytes(), by.certificate_pem.as_bytes()).unwrap();
    let signing = Signing { key: &key, kind: SignerKind::System, at: MachineClock.now() };
    let signature = jws::sign(&text, &signing).unwrap();
    let form = form(made).part("signature", "application/jose", signature.as_bytes());
    (form, signature)
}

/// ARC-6: what is signed by a configured issuer is taken, and its verdict told; what is not signed, or by
/// a revoked certificate, is refused; a new revocation list counts without a new start.
#[tokio::test(flavor = "multi_thread")]
async fn a_signed_document_is_taken_and_its_verdict_told() {
    const DOCUMENTS: &str = "/api/v1/documents";
    let mut trusted = Trusted::make();
    let house = House::asking_signatures(trusted.config(Level::Refuse));
    let by = trusted.authority.issue(&Order {
        name: "ATJ",
        number: house.organisation().as_str(),
        professional: false,
        key: SignerKey::P256,
        good: (hours(-500), hours(5000)),
    });
    let by = by.unwrap();
    let mut line = house.system().connect().await.unwrap();
    let made = house.made();

    let bare = line.post_form(DOCUMENTS, form(&made[0])).await.unwrap();
    assert_eq!(faults(&bare), [("signature-missing".to_owned(), "signature".to_owned())]);
    assert_eq!(bare.json()["faults"][0]["stage"], "signature");
    let wrong = form(&made[0]).part("signature", "application/json", b"{}");
    let wrong = line.post_form(DOCUMENTS, wrong).await.unwrap();
    let told = [("wrong-value", "signature:content-type"), ("signature-form", "signature:1")];
    assert_eq!(faults(&wrong), told.map(|(code, at)| (code.to_owned(), at.to_owned())));

    let (form, signature) = signed_form(&made[0], &by);
    let taken = line.post_form(DOCUMENTS, form).await.unwrap();
    assert_eq!(taken.status, 201, "{}", taken.text());
    let place = format!("{DOCUMENTS}/{}", made[0].document_id);
    let read = line.get(&place).await.unwrap().json();
    assert_eq!(read["signatures"]["signatures"][0]["verdict"], "valid", "{read}");
    assert_eq!(read["signatures"]["level"], "refuse");
    let part = line.get(&format!("{place}/content/signature")).await.unwrap();
    assert_eq!(
        (part.header("content-type"), part.text()),
        ("application/jose", signature.as_str().into())
    );
    let proof = line.get(&format!("{place}/proof")).await.unwrap();
    let covered = varanto_formats::receipts::read_covered(&proof.body).unwrap();
    assert!(covered.signatures.is_some() && covered.evidence_fits());

    trusted.list(&[&by]);
    assert!(house.doors.anchors.refresh(&house.doors.app).unwrap());
    assert!(!house.doors.anchors.refresh(&house.doors.app).unwrap());
    let (form, _) = signed_form(&made[1], &by);
    let revoked = line.post_form(DOCUMENTS, form).await.unwrap();
    assert!(
        faults(&revoked).iter().any(|(code, _)| code == "certificate-revoked"),
        "{}",
        revoked.text()
    );
}

/// ARC-6: a level holds without any anchor, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_level_without_anchors_holds() {
    let config = Signatures { level: Level::Refuse, ..Signatures::default() };
    let house = House::asking_signatures(config);
    let mut line = house.system().connect().await.unwrap();
    let refused = line.post_form("/api/v1/documents", form(&house.made()[0])).await.unwrap();
    assert_eq!(faults(&refused), [("signature-missing".to_owned(), "signature".to_owned())]);
}

/// ARC-6: at *warn* what is missing is told beside the receipt.
#[tokio::test(flavor = "multi_thread")]
async fn at_warn_a_missing_signature_is_remarked() {
    let house = House::open();
    let mut line = house.system().connect().await.unwrap();
    let taken = line.post_form("/api/v1/documents", form(&house.made()[0])).await.unwrap();
    assert_eq!(taken.status, 201);
    assert_eq!(taken.json()["remarks"][0]["code"], "signature-missing", "{}", taken.text());
}
