use super::*;

const NOW: &str = "2026-08-01T12:00:00Z";
const COUNTY: &str = "1.2.246.10.32213561.10.0";

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap()
}

fn signed(kind: SignerKind, number: &str) -> Signature {
    Signature {
        form: SignatureForm::Xml,
        kind: Some(kind),
        signed_at: Some(at("2026-07-17T10:06:56Z")),
        signer: Some(Signer {
            name: "Johansson Angelica".into(),
            number: number.into(),
            organisation: None,
            issuer: "Test Certs G2R".into(),
            serial: "01".into(),
            from: at("2025-06-26T04:53:52Z"),
            until: at("2030-06-27T23:59:59Z"),
            fingerprint: [7; 32],
        }),
        flaws: Vec::new(),
        doubts: Vec::new(),
    }
}

fn system() -> Signature {
    signed(SignerKind::System, COUNTY)
}

fn professional() -> Signature {
    signed(SignerKind::Professional, "25104559650")
}

fn doubtful(doubt: Doubt) -> Signature {
    Signature { doubts: vec![doubt], ..system() }
}

/// A document's judgement at each level: the codes of what it is refused for.
fn check(
    signatures: &[Signature],
    group: DocumentGroup,
    general_type: Option<&str>,
    refuse: &[&str],
    warn: &[&str],
) {
    let county = oid("1.2.246.10.32213561.10.5");
    let header = Header {
        group,
        general_type,
        registration_number: Some("25104559650"),
        organisations: vec![&county],
    };
    let levels = [
        (ConformanceLevel::Refuse, refuse),
        (ConformanceLevel::Warn, warn),
        (ConformanceLevel::Off, &[]),
    ];
    for (level, expected) in levels {
        let judged = judge(signatures, Some(&header), level, at(NOW));
        let codes: Vec<&str> = judged.faults.iter().map(Fault::code).collect();
        assert_eq!(codes, expected, "{level:?} {judged:?}");
        let all: Vec<&Fault> = judged.faults.iter().chain(&judged.remarks).collect();
        let refused = judge(signatures, Some(&header), ConformanceLevel::Refuse, at(NOW));
        let untold = refused.faults.iter().chain(&refused.remarks).filter(|one| !all.contains(one));
        let untold: Vec<&str> = untold.map(Fault::code).collect();
        let asked = level != ConformanceLevel::Off;
        assert!(untold.iter().all(|code| *code == "signature-missing" && !asked), "{untold:?}");
    }
}

/// ARC-6: a system signature on all others, a professional's where the kind needs one.
#[test]
fn a_decision_a_plan_and_a_statement_need_a_professionals_signature() {
    use DocumentGroup::{LaterPhase, Old, PhaseOne, Refusal, Relationship};
    for kind in ["7", "11", "15"] {
        check(&[professional()], LaterPhase, Some(kind), &[], &[]);
        check(&[system(), professional()], LaterPhase, Some(kind), &[], &[]);
        check(&[system()], LaterPhase, Some(kind), &["signature-missing"], &[]);
        check(&[system()], PhaseOne, Some(kind), &["signature-missing"], &[]);
    }
    check(&[system()], LaterPhase, Some("19"), &[], &[]);
    check(&[professional()], LaterPhase, Some("19"), &[], &[]);
    check(&[system()], Relationship, None, &[], &[]);
    check(&[system()], Refusal, None, &[], &[]);
    check(&[], Relationship, None, &["signature-missing"], &[]);
    check(&[system()], Old, Some("11"), &[], &[]);
    check(&[professional()], Old, Some("11"), &["signature-missing"], &[]);
}

/// ARC-6: a broken one is rejected with its reason; at warn, too.
#[test]
fn a_broken_signature_is_refused_unless_signatures_are_off() {
    let broken = |flaw| Signature { flaws: vec![flaw], ..system() };
    let group = DocumentGroup::Relationship;
    for flaw in [Flaw::Content, Flaw::Time, Flaw::Metadata, Flaw::Value] {
        let code = ["signature-broken"];
        check(&[broken(flaw.clone())], group, None, &code, &code);
        check(&[system(), broken(flaw)], group, None, &code, &code);
    }
    let code = ["signature-form"];
    check(&[broken(Flaw::Form("a third reference"))], group, None, &code, &code);
    let early = Signature { signed_at: Some(at("2026-08-01T12:06:00Z")), ..system() };
    check(&[early], group, None, &["wrong-time"], &["wrong-time"]);
    let nearly = Signature { signed_at: Some(at("2026-08-01T12:04:00Z")), ..system() };
    check(&[nearly], group, None, &[], &[]);
}

/// ARC-6: an expired or untrusted one is rejected with its reason, where that is asked for.
#[test]
fn an_untrusted_certificate_is_refused_or_remarked_as_the_level_says() {
    let group = DocumentGroup::Relationship;
    for (doubt, code) in [
        (Doubt::IssuerUnknown, "issuer-not-trusted"),
        (Doubt::NotYetInForce, "certificate-not-in-force"),
        (Doubt::Expired, "certificate-not-in-force"),
        (Doubt::Revoked(None), "certificate-revoked"),
        (Doubt::RevocationUnknown, "revocation-unknown"),
        (Doubt::Purpose, "certificate-purpose"),
        (Doubt::KindDiffers, "certificate-purpose"),
        (Doubt::Malformed("BadDer".into()), "certificate-malformed"),
    ] {
        check(&[doubtful(doubt)], group, None, &[code], &[]);
    }
    check(&[doubtful(Doubt::ExpiredSince)], group, None, &[], &[]);
    check(&[doubtful(Doubt::RevocationOutdated)], group, None, &[], &[]);
}

/// ARC-6: the registration number and the organisation of the certificate are bound to the header.
#[test]
fn a_signer_is_one_whom_the_header_names() {
    let group = DocumentGroup::LaterPhase;
    let other = signed(SignerKind::Professional, "25100000000");
    check(std::slice::from_ref(&other), group, Some("15"), &["signer-differs"], &[]);
    check(&[other, professional()], group, Some("15"), &[], &[]);
    let stranger = signed(SignerKind::System, "1.2.246.10.2012566.10.0");
    check(&[stranger], group, Some("19"), &["signer-differs"], &[]);
    let nobody = signed(SignerKind::System, "25104559650");
    check(&[nobody], group, Some("19"), &["signer-differs"], &[]);
}

/// ARC-6: the header is not signed, so a number that is left out of it binds no more than another one.
#[test]
fn a_header_without_a_number_names_no_professional() {
    let header = Header {
        group: DocumentGroup::LaterPhase,
        general_type: Some("11"),
        registration_number: None,
        organisations: Vec::new(),
    };
    let told = |level| judge(&[professional()], Some(&header), level, at(NOW));
    let codes = |faults: Vec<Fault>| faults.iter().map(Fault::code).collect::<Vec<_>>();
    assert_eq!(codes(told(ConformanceLevel::Refuse).faults), ["signer-differs"]);
    assert_eq!(codes(told(ConformanceLevel::Warn).remarks), ["signer-differs"]);
}

#[test]
fn every_name_is_its_own() {
    for kind in SignerKind::ALL {
        assert_eq!(SignerKind::of_code(kind.code()), Some(kind));
    }
    assert!(format!("{:?}", professional()).contains("issued by"));
    assert!(!format!("{:?}", professional()).contains("Angelica"));
}

/// ARC-6: a signature inside a PDF file is told as not verified, and neither refuses nor counts.
#[test]
fn a_signature_inside_a_pdf_file_is_plainly_not_verified() {
    let inside = || Signature {
        form: SignatureForm::Pdf,
        kind: None,
        signed_at: None,
        signer: None,
        flaws: vec![Flaw::Form("inside a PDF file")],
        doubts: Vec::new(),
    };
    let group = DocumentGroup::LaterPhase;
    check(&[inside()], group, None, &["signature-missing"], &[]);
    check(&[inside(), system()], group, None, &[], &[]);
    let told = judge(&[inside()], None, ConformanceLevel::Refuse, at(NOW));
    let codes: Vec<&str> = told.remarks.iter().map(Fault::code).collect();
    assert_eq!((codes, told.faults), (vec!["signature-not-verified"], Vec::new()));
}

/// Without a header nobody asks whose signature is needed; a broken one is told all the same.
#[test]
fn signatures_are_judged_beside_metadata_that_do_not_hold() {
    let broken = Signature { flaws: vec![Flaw::Content], ..system() };
    let told = judge(&[broken], None, ConformanceLevel::Warn, at(NOW));
    assert_eq!(told.faults.iter().map(Fault::code).collect::<Vec<_>>(), ["signature-broken"]);
    assert_eq!(judge(&[], None, ConformanceLevel::Refuse, at(NOW)), Judgement::default());
}
