//! Signatures of what arrives: judged at each level, kept with their evidence, and checked again.

use std::sync::OnceLock;

use serde_json::{Value, json};
use varanto_app::AppError;
use varanto_app::archive::{
    CheckOptions, PdfRules, SignatureMaterial, SignatureTrust, Submission, check_message,
    check_submission,
};
use varanto_app::verify::{Held, ReceiptProblem, verify_receipt};
use varanto_domain::access::{Caller, Purpose};
use varanto_domain::archive::conformance::{
    ConformanceException, ConformanceLevel, ConformanceLevels,
};
use varanto_domain::archive::documents::{DocumentGroup, Part};
use varanto_domain::archive::proof;
use varanto_domain::archive::signatures::SignerKind;
use varanto_domain::faults::{Fault, Stage};
use varanto_domain::ids::Oid;
use varanto_formats::receipts::{self, Covered, CoveredSignatures};
use varanto_formats::signature::evidence::MaterialKind;
use varanto_formats::signature::{FileKey, RevocationList, Signing, Trust, jws, sign_xml};
use varanto_kit::signers::{Issued, Order, SignerKey, SigningAuthority};

use crate::national::{Real, refused, world_of};
use crate::world::{COUNTY, NEIGHBOUR, World, client, harm, instant, oid};

/// An authority, and those whom it gave certificates.
pub(crate) struct Signers {
    authority: SigningAuthority,
    /// The professional of the real plan.
    pub(crate) professional: Issued,
    /// A system of the county of the real relationship document.
    pub(crate) system: Issued,
    /// A system of the county of the drafts.
    pub(crate) county: Issued,
    /// A system of its neighbour.
    pub(crate) neighbour: Issued,
}

const LISTS_MADE: &str = "2026-11-01T00:00:00Z";
const LISTS_END: &str = "2026-12-01T00:00:00Z";

pub(crate) fn signers() -> &'static Signers {
    static SIGNERS: OnceLock<Signers> = OnceLock::new();
    SIGNERS.get_or_init(|| {
        let good = (instant("2025-01-01T00:00:00Z"), instant("2028-01-01T00:00:00Z"));
        let mut authority = SigningAuthority::make("Varanto Test Certs", good).unwrap();
        let mut issue = |name, number, professional| {
            let key = SignerKey::P256;
            authority.issue(&Order { name, number, professional, key, good }).unwrap()
        };
        let professional = issue("Testaaja Aino", "25104559650", true);
        let system = issue("ATJ", "1.2.246.10.32213561.10.0", false);
        let county = issue("ATJ Suvanto", COUNTY, false);
        let neighbour = issue("ATJ Naapuri", NEIGHBOUR, false);
        Signers { authority, professional, system, county, neighbour }
    })
}

impl Signers {
    /// The trust in this authority, with what it revoked so far, at one level.
    pub(crate) fn trust(&self, revoked: &[&Issued], level: ConformanceLevel) -> SignatureTrust {
        let mut trust = Trust::default();
        trust.add_anchor(self.authority.root()).unwrap();
        trust.add_intermediate(self.authority.between()).unwrap();
        let at = instant("2026-11-01T12:00:00Z");
        let revoked: Vec<_> = revoked.iter().map(|one| (*one, at)).collect();
        let (made, end) = (instant(LISTS_MADE), instant(LISTS_END));
        for list in self.authority.revocation_lists(&revoked, made, end).unwrap() {
            trust.add_list(RevocationList::read(&list).unwrap());
        }
        SignatureTrust { trust, levels: ConformanceLevels::all(level) }
    }
}

fn nobody(level: ConformanceLevel) -> SignatureTrust {
    SignatureTrust { trust: Trust::default(), levels: ConformanceLevels::all(level) }
}

pub(crate) fn key(of: &Issued) -> FileKey {
    FileKey::read(of.key_pem.as_bytes(), of.certificate_pem.as_bytes()).unwrap()
}

/// The submission with a detached signature.
pub(crate) fn with_jws(mut submission: Submission, by: &Issued, at: &str) -> Submission {
    let parts: Vec<(Part, &[u8])> =
        submission.parts.iter().map(|(part, bytes)| (*part, bytes.as_slice())).collect();
    let signed = jws::signed_parts(&submission.metadata, &parts);
    let signing = Signing { key: &key(by), kind: SignerKind::System, at: instant(at) };
    let signature = jws::sign(&signed, &signing).unwrap().into_bytes();
    submission.parts.push((Part::Signature, signature));
    submission
}

/// The real message, signed anew by signers of ours.
fn signed_anew(real: &Real, by: &Issued, kind: SignerKind) -> Real {
    let end = "</signatureCollection>";
    let (start, rest) = real.document.split_once("<signatureCollection").unwrap();
    let bare = format!("{start}{}", rest.split_once(end).unwrap().1);
    let signing = Signing { key: &key(by), kind, at: instant("2026-11-02T07:00:00Z") };
    Real {
        name: real.name,
        frame: real.frame.clone(),
        document: sign_xml(&bare, &signing).unwrap(),
    }
}

fn codes(faults: &[Fault]) -> Vec<&'static str> {
    faults.iter().map(Fault::code).collect()
}

/// The codes of what was found in the stage of signatures; the drafts' views have oddities of their own.
fn of_signatures(told: &[Fault]) -> Vec<&'static str> {
    told.iter().filter(|one| one.stage == Some(Stage::Signature)).map(Fault::code).collect()
}

fn verdicts(world: &World, caller: &Caller, document: &Oid) -> Value {
    let view = world.app.open_document(caller, document, Purpose::READ).unwrap();
    serde_json::from_str(&view.signatures.unwrap()).unwrap()
}

/// ARC-6: at *warn* the real messages are taken: intact, but their issuer is not among the anchors.
#[test]
fn at_warn_the_real_messages_are_taken_and_their_issuer_is_remarked() {
    let issuer = "issuer-not-trusted";
    // The system's certificate has ended since, which is told and refuses nothing.
    let (system, professionals) = (["certificate-ended-since", issuer], [issuer, issuer]);
    for (name, kind, remarks) in
        [("relationship", "system", system), ("plan", "professional", professionals)]
    {
        let signatures = remarks.iter().filter(|one| **one == issuer).count();
        let Some(real) = Real::read(name) else { return };
        let (world, caller) = world_of(&real);
        world.app.trust_signatures(signers().trust(&[], ConformanceLevel::Warn));
        let taken = world.app.take_message(&caller, real.sent());
        assert!(taken.result.is_ok(), "{:?}", taken.result);
        assert_eq!(of_signatures(&taken.remarks), remarks, "{name}");

        let told = verdicts(&world, &caller, &real.id());
        assert_eq!(told["level"], "warn");
        assert!(told["remarks"].as_array().unwrap().contains(&json!(issuer)));
        let told = told["signatures"].as_array().unwrap().clone();
        assert_eq!(told.len(), signatures);
        for one in told {
            assert_eq!(
                (&one["verdict"], &one["kind"]),
                (&json!("valid-not-trusted"), &json!(kind))
            );
            let doubt = json!({ "code": "issuer-not-among-the-anchors" });
            assert_eq!(one["doubts"].as_array().unwrap().last(), Some(&doubt));
            assert_eq!(one["flaws"], json!([]));
        }
        let opened =
            world.app.open_content(&caller, &real.id(), Some(Part::National), Purpose::READ);
        assert_eq!(opened.unwrap().parts[0].1, real.document.as_bytes());
        assert_eq!(world.damage(), Vec::<String>::new());
    }
}

/// ARC-6: at *refuse* the real messages are refused for their issuer alone.
#[test]
fn at_refuse_the_real_messages_are_refused_for_their_issuer_alone() {
    for (name, signatures) in [("relationship", 1), ("plan", 2)] {
        let Some(real) = Real::read(name) else { return };
        let (world, caller) = world_of(&real);
        world.app.trust_signatures(nobody(ConformanceLevel::Refuse));
        let faults = refused(&world, &caller, real.sent());
        assert_eq!(codes(&faults), vec!["issuer-not-trusted"; signatures]);
        for (place, fault) in faults.iter().enumerate() {
            assert_eq!((fault.stage, &*fault.rule), (Some(Stage::Signature), "ARC-6"));
            assert_eq!(fault.element, format!("signature:{}:certificate", place + 1));
            let path = format!(
                "ClinicalDocument/localSocialHeader/signatureCollection/signature[{}]\
                 /Signature/KeyInfo/X509Data/X509Certificate",
                place + 1
            );
            assert_eq!(fault.path.as_deref(), Some(path.as_str()));
            assert!(fault.value.as_deref().unwrap().starts_with("DVV TEST Social Welfare"));
        }
        assert_eq!(world.contents().versions, world_of(&real).0.contents().versions);
    }
}

/// ARC-6: a document that was indented after signing is refused for its digest, at *warn* too; its signing
/// time is as it was signed.
#[test]
fn the_indented_documents_are_refused_for_their_digest() {
    for (name, signatures) in [("relationship", 1), ("plan", 2)] {
        let Some(real) = Real::read(name) else { return };
        let (world, caller) = world_of(&real);
        let folder = crate::world::corpora("national-messages").unwrap();
        let stored = std::fs::read_to_string(folder.join(format!("{name}-document.xml"))).unwrap();
        let stored = Real { document: stored, ..real };
        for level in [ConformanceLevel::Warn, ConformanceLevel::Refuse] {
            world.app.trust_signatures(nobody(level));
            let faults = refused(&world, &caller, stored.sent());
            let broken: Vec<&Fault> =
                faults.iter().filter(|fault| fault.code() == "signature-broken").collect();
            assert_eq!(broken.len(), faults.len(), "{:?}", codes(&faults));
            let whats: Vec<&str> = broken.iter().map(|fault| fault.args[0].1.as_str()).collect();
            assert_eq!(whats, ["content", "value"].repeat(signatures), "{name}");
        }
    }
}

fn material(
    world: &World,
    caller: &Caller,
    document: &Oid,
    digest: &proof::Hash,
) -> Result<SignatureMaterial, AppError> {
    world.app.open_signature_material(caller, document, digest, Purpose::READ)
}

/// ARC-6, ARC-15: a signature whose chain leads to an anchor is valid; what that rests on is kept, and
/// verifying comes to the same, whatever is revoked later.
#[test]
fn a_trusted_signature_is_kept_with_its_evidence_and_checks_again() {
    let signers = signers();
    for (name, by, kind) in [
        ("relationship", &signers.system, SignerKind::System),
        ("plan", &signers.professional, SignerKind::Professional),
    ] {
        let Some(real) = Real::read(name) else { return };
        let (world, caller) = world_of(&real);
        world.app.trust_signatures(signers.trust(&[], ConformanceLevel::Refuse));
        let real = signed_anew(&real, by, kind);
        let taken = world.app.take_message(&caller, real.sent());
        assert!(taken.result.is_ok(), "{:?}", taken.result);
        assert!(of_signatures(&taken.remarks).is_empty());
        let told = verdicts(&world, &caller, &real.id());
        assert_eq!(told["signatures"][0]["verdict"], "valid", "{told}");

        let proof = world.app.prove_document(&caller, &real.id(), Purpose::READ).unwrap();
        proof.receipt.check_metadata(proof.record.as_bytes(), &proof.columns).unwrap();
        let (salt, evidence) = proof.signatures.unwrap();
        let digest = proof::to_base64(&proof::salted(&salt, evidence.as_bytes()));
        assert_eq!(proof.columns.lines().last(), Some(digest.as_str()));
        let holds = |evidence: &str, expected: &[&str]| {
            let covered = Covered {
                record: proof.record.clone(),
                columns: proof.columns.clone(),
                signatures: Some(CoveredSignatures::of(&salt, evidence.to_owned())),
            };
            let metadata = Some(receipts::write_covered(&covered).into_bytes());
            let held = Held { key: Some(world.app.verifier_key()), parts: Vec::new(), metadata };
            let exported = world.app.export_checkpoint(Some(&proof.receipt)).unwrap();
            let printed = receipts::write(&proof.receipt);
            let told = verify_receipt(printed.as_bytes(), exported.as_bytes(), &held).unwrap();
            let told: Vec<&str> = told.faults.iter().map(ReceiptProblem::code).collect();
            assert_eq!(told, expected);
        };
        holds(&evidence, &[]);
        holds(&evidence.replace("\"valid\"", "\"broken\""), &["signatures-differ"]);
        let kept: Value = serde_json::from_str(&evidence).unwrap();
        assert_eq!(kept["signatures"][0]["chain"].as_array().unwrap().len(), 2);
        assert_eq!(kept["signatures"][0]["lists"].as_array().unwrap().len(), 2);
        for (named, kind) in
            [("chain", MaterialKind::Certificate), ("lists", MaterialKind::RevocationList)]
        {
            for digest in kept["signatures"][0][named].as_array().unwrap() {
                let digest = proof::from_base64(digest.as_str().unwrap()).unwrap();
                let given = material(&world, &caller, &real.id(), &digest).unwrap();
                assert_eq!((proof::sha256(&given.der), given.kind), (digest, kind));
            }
        }
        let other = material(&world, &caller, &real.id(), &[7; 32]);
        assert!(matches!(other, Err(AppError::NotFound)));

        world.app.trust_signatures(signers.trust(&[by], ConformanceLevel::Refuse));
        let world = world.reopen();
        assert_eq!(world.damage(), Vec::<String>::new());
    }
}

/// ARC-6: a revoked certificate, and a signer whom the header does not name, refuse at *refuse*.
#[test]
fn a_revoked_certificate_and_another_signer_are_refused() {
    let Some(real) = Real::read("relationship") else { return };
    let (world, caller) = world_of(&real);
    let signers = signers();
    world.app.trust_signatures(signers.trust(&[&signers.system], ConformanceLevel::Refuse));
    let revoked = signed_anew(&real, &signers.system, SignerKind::System);
    assert_eq!(codes(&refused(&world, &caller, revoked.sent())), ["certificate-revoked"]);
    let other = signed_anew(&real, &signers.neighbour, SignerKind::System);
    assert_eq!(codes(&refused(&world, &caller, other.sent())), ["signer-differs"]);
    let unsigned = real.document.split_once("<signatureCollection").unwrap();
    let rest = unsigned.1.split_once("</signatureCollection>").unwrap().1;
    let unsigned = Real { document: format!("{}{rest}", unsigned.0), ..real };
    assert_eq!(codes(&refused(&world, &caller, unsigned.sent())), ["signature-missing"]);
    world.app.trust_signatures(signers.trust(&[], ConformanceLevel::Warn));
    let taken = world.app.take_message(&caller, unsigned.sent());
    assert!(taken.result.is_ok(), "{:?}", taken.result);
    assert_eq!(of_signatures(&taken.remarks), ["signature-missing"]);
}

/// ARC-6: at *off* a broken signature is taken, and its verdict kept.
#[test]
fn at_off_a_broken_signature_is_taken_and_said_to_be_broken() {
    let Some(mut real) = Real::read("relationship") else { return };
    let (world, caller) = world_of(&real);
    let at = "<signatureTimestamp";
    let (start, rest) = real.document.split_once(at).unwrap();
    let rest = rest.replacen("2026-07-17T", "2026-07-16T", 1);
    real.document = format!("{start}{at}{rest}");
    world.app.trust_signatures(nobody(ConformanceLevel::Warn));
    assert_eq!(codes(&refused(&world, &caller, real.sent())), ["signature-broken"]);
    world.app.trust_signatures(nobody(ConformanceLevel::Off));
    let taken = world.app.take_message(&caller, real.sent());
    assert!(taken.result.is_ok(), "{:?}", taken.result);
    assert_eq!(of_signatures(&taken.remarks), ["signature-broken"]);
    let told = verdicts(&world, &caller, &real.id());
    assert_eq!(told["signatures"][0]["verdict"], "broken");
    assert_eq!(told["signatures"][0]["flaws"], json!([{ "code": "time" }]));
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// ARC-6: over REST a detached signature covers metadata and content, and comes back as it was sent.
#[test]
fn a_detached_signature_covers_metadata_and_content() {
    let world = World::new();
    let signers = signers();
    let dossier = world.open_case(&client(1));
    world.app.trust_signatures(signers.trust(&[], ConformanceLevel::Refuse));
    let caller = world.county();
    let now = "2026-11-02T07:00:00Z";
    let archive = |submission| world.app.archive_document(&caller, submission);
    let refused = |submission| match archive(submission) {
        Err(AppError::Refused(faults)) => codes(&faults),
        other => panic!("{other:?}"),
    };
    let note = world.note(&dossier);
    assert_eq!(refused(note.submission()), ["signature-missing"]);
    assert_eq!(refused(with_jws(note.submission(), &signers.neighbour, now)), ["signer-differs"]);
    let signed = with_jws(note.submission(), &signers.county, now);
    let mut changed = signed.clone();
    changed.metadata.push(b' ');
    assert_eq!(refused(changed), ["signature-broken"]);
    let mut unreadable = note.submission();
    unreadable.parts.push((Part::Signature, b"no signature".to_vec()));
    assert_eq!(refused(unreadable), ["signature-form"]);

    let archived = archive(signed.clone()).unwrap();
    assert!(!archived.resent && of_signatures(&archived.remarks).is_empty());
    assert!(archive(signed.clone()).unwrap().resent);
    let again = with_jws(note.submission(), &signers.county, "2026-11-02T07:30:00Z");
    assert!(matches!(
        archive(again),
        Err(AppError::DuplicateWithOtherBytes { differs, .. }) if differs == ["signature"]
    ));
    let told = verdicts(&world, &caller, &note.id());
    assert_eq!(
        (&told["signatures"][0]["form"], &told["signatures"][0]["verdict"]),
        (&json!("jws"), &json!("valid"))
    );
    let opened = world.app.open_content(&caller, &note.id(), Some(Part::Signature), Purpose::READ);
    assert_eq!(opened.unwrap().parts[0].1, signed.part(Part::Signature).unwrap());
    assert_eq!(world.damage(), Vec::<String>::new());
}

/// ARC-6: the level follows the register and the group.
#[test]
fn the_level_follows_the_register_and_the_group() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    let rule = |controller: &str, level| ConformanceException {
        controller: Some(oid(controller)),
        group: Some(DocumentGroup::LaterPhase),
        level,
    };
    let archive = |rule| {
        let levels = ConformanceLevels { level: ConformanceLevel::Warn, exceptions: vec![rule] };
        world.app.trust_signatures(SignatureTrust { trust: Trust::default(), levels });
        world.app.archive_document(&world.county(), world.note(&dossier).submission())
    };
    assert!(archive(rule(NEIGHBOUR, ConformanceLevel::Refuse)).is_ok());
    let answer = archive(rule(COUNTY, ConformanceLevel::Refuse));
    assert!(
        matches!(answer, Err(AppError::Refused(faults)) if codes(&faults) == ["signature-missing"])
    );
    let off = archive(rule(COUNTY, ConformanceLevel::Off)).unwrap();
    assert!(of_signatures(&off.remarks).is_empty(), "{:?}", off.remarks);
}

/// Checking without an archive judges signatures by the trust and the moment that it is given.
#[test]
fn a_check_without_an_archive_judges_signatures_too() {
    let Some(real) = Real::read("relationship") else { return };
    let (world, _) = world_of(&real);
    let (registry, signers, pdf) = (world.app.registry(), signers(), PdfRules::default());
    let check = |document: &str, trust: &SignatureTrust, now: &str| {
        let options =
            CheckOptions { now: instant(now), caller: None, signatures: trust, pdf: &pdf };
        let document = document.as_bytes();
        let checked =
            check_message(Some(real.frame.as_bytes()), Some(document), &registry, &options);
        codes(&checked.faults)
    };
    let now = "2026-11-02T08:00:00Z";
    assert_eq!(check(&real.document, &nobody(ConformanceLevel::Warn), now), Vec::<&str>::new());
    assert_eq!(
        check(&real.document, &nobody(ConformanceLevel::Refuse), now),
        ["issuer-not-trusted"]
    );
    let ours = signed_anew(&real, &signers.system, SignerKind::System);
    let trust = signers.trust(&[], ConformanceLevel::Refuse);
    assert_eq!(check(&ours.document, &trust, now), Vec::<&str>::new());
    assert_eq!(check(&ours.document, &trust, "2026-11-01T08:00:00Z"), ["wrong-time"]);

    let note = world.note(&world.open_case(&client(1))).submission();
    let options = CheckOptions { now: instant(now), caller: None, signatures: &trust, pdf: &pdf };
    let signed = with_jws(note, &signers.county, "2026-11-02T07:00:00Z");
    assert_eq!(codes(&check_submission(&signed, &registry, &options).faults), Vec::<&str>::new());
}

/// ARC-15: evidence that is changed, taken away or missing its ground is told.
#[test]
fn damage_to_evidence_is_told() {
    let world = World::new();
    let dossier = world.open_case(&client(1));
    world.app.trust_signatures(signers().trust(&[], ConformanceLevel::Refuse));
    let note =
        with_jws(world.note(&dossier).submission(), &signers().county, "2026-11-02T07:00:00Z");
    world.app.archive_document(&world.county(), note).unwrap();
    assert_eq!(world.damage(), Vec::<String>::new());
    let told = |sql: &str| {
        let copy = tempfile::tempdir().unwrap();
        crate::world::copy(world.folder.path(), copy.path());
        harm(copy.path(), sql);
        World::beside(copy.path(), 90_000).damage()
    };
    let evidence = told("UPDATE signature_evidence SET sealed = digest");
    assert!(evidence[0].contains(": signatures: "), "{evidence:?}");
    let lost = told("DELETE FROM signature_evidence");
    assert!(lost[0].contains("differs from its leaf"), "{lost:?}");
    let ground = told("DELETE FROM signature_material");
    assert!(ground[0].contains("that they rest on is missing"), "{ground:?}");
    let changed = told("UPDATE signature_material SET bytes = digest");
    assert!(changed.iter().any(|one| one.contains("is not what its digest is of")), "{changed:?}");
}
