//! National messages: signed documents in their frames, taken as the door takes them, beside the bare
//! engine and beside xmlsec1.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use varanto_app::AppOptions;
use varanto_app::archive::{CheckOptions, PdfRules, Sent, SignatureTrust, Taken, check_message};
use varanto_domain::archive::documents::Part;
use varanto_domain::archive::elements::Element;
use varanto_domain::archive::metadata::{RawMetadata, RawValue};
use varanto_domain::archive::signatures::SignerKind;
use varanto_domain::time::Instant;
use varanto_formats::metadata;
use varanto_formats::national::frame::{self, Id, NewFrame};
use varanto_formats::national::{document, message};
use varanto_formats::signature::{FileKey, RevocationList, Signing, Trust, sign_xml, xml};
use varanto_kit::county::CountySize;
use varanto_kit::signers::{Issued, Order, SignerKey, SigningAuthority};

use crate::Sizes;
use crate::archive::bare_run_of;
use crate::bare::Bare;
use crate::measure::run;
use crate::world::{Prepared, World, until};

type Failure = Box<dyn std::error::Error>;

/// A message, and the signed document in it.
struct Made {
    frame: Vec<u8>,
    document: Vec<u8>,
}

/// Verify and archive at each number of callers, and where the time of one message goes.
pub(crate) fn national(sizes: &Sizes) -> Result<(), Failure> {
    let temporary = tempfile::tempdir()?;
    let folder = sizes.dir.clone().unwrap_or_else(|| temporary.path().to_owned());
    let levels = sizes.callers.len() as u64;
    let wanted = usize::try_from(sizes.documents * levels)?;
    let clients = u32::try_from(sizes.documents * levels / 8)?.max(200);
    let documents = sizes.documents * levels * 2;
    let world = World::open(
        &AppOptions::in_folder(folder.join("archive")),
        CountySize { clients, documents },
    )?;
    let prepared = world.prepare(clients, wanted)?;
    let mut signers = Signers::make()?;
    world.app.trust_signatures(signers.trust()?);
    let mut made = Vec::with_capacity(prepared.len());
    for (number, one) in prepared.iter().enumerate() {
        made.push(signers.message(&world, one, number)?);
    }
    let bytes: usize = made.iter().map(|one| one.frame.len()).sum();
    println!("{} signed messages, {} bytes each, RSA of 2048 bits", made.len(), bytes / made.len());
    shares(&world, &signers, &made)?;
    verified_by_xmlsec1(&folder, &signers, &made[0])?;

    std::fs::create_dir_all(&folder)?;
    let bare = Bare::open(&folder)?;
    let per_level = made.len() / sizes.callers.len();
    for (level, callers) in sizes.callers.iter().enumerate() {
        let part = &made[level * per_level..(level + 1) * per_level];
        println!("\n{callers} callers, {per_level} messages");
        let bodies = part.iter().map(|one| ([].into(), one.document.clone().into()));
        let peer = bare_run_of(&bare, bodies, *callers, level);
        let waiting: Vec<_> = part.iter().map(|one| Mutex::new(Some(one.frame.clone()))).collect();
        let before = world.app.store_metrics();
        let ours = run(*callers, part.len() as u64, std::process::id(), |number| {
            let one = &waiting[usize::try_from(number).expect("an index")];
            let frame = one.lock().expect("no caller broke down").take().expect("once each");
            let taken = world.app.take_message(&world.caller, Sent { frame, ..Sent::default() });
            assert!(matches!(taken.result, Ok(Taken::Archived(_))), "{:?}", taken.result);
        });
        let groups = world.app.store_metrics().groups - before.groups;
        let fsyncs = groups as f64 / part.len() as f64;
        println!("  national     {}  fsyncs {fsyncs:.3}", ours.row());
        println!("  ratio to the bare engine: {:.2}", ours.rate() / peer.rate());
    }
    bare.close();
    world.app.close();
    Ok(())
}

/// Where the processor's time of one message goes: each stage alone, on one thread.
fn shares(world: &World, signers: &Signers, made: &[Made]) -> Result<(), Failure> {
    let some = &made[..made.len().min(1_000)];
    let trust = signers.chains()?;
    let now = until().plus_days(2).start();
    let registry = world.app.registry();
    let whole_trust = signers.trust()?;
    let pdf = PdfRules::default();
    let caller = Some(&world.caller);
    let options = CheckOptions { now, caller, pdf: &pdf, signatures: &whole_trust };
    let each = |work: &dyn Fn(&Made)| {
        let began = std::time::Instant::now();
        some.iter().for_each(work);
        began.elapsed() / u32::try_from(some.len()).expect("a thousand at most")
    };
    let read = each(&|one| {
        std::hint::black_box(message::read(&one.frame, None));
    });
    let signature = each(&|one| {
        std::hint::black_box(xml::verify(&one.document, &trust, now).expect("it has a signature"));
    });
    let checked = each(&|one| {
        let checked = check_message(Some(&one.frame), None, &registry, &options);
        assert!(checked.faults.is_empty(), "{:?}", checked.faults);
    });
    let content = checked.saturating_sub(read + signature);
    println!("\nOne message on one thread, before the store ({} of them):", some.len());
    for (name, time) in [
        ("well-formed, frame, mime, header", read),
        ("signature", signature),
        ("code sets, view, JSON, conditions", content),
        ("all of them", checked),
    ] {
        let share = time.as_secs_f64() / checked.as_secs_f64() * 100.0;
        println!("  {name:<34} {:>8.3} ms  {share:>5.1} %", millis(time));
    }
    Ok(())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The same document's signature and chain, checked again and again by xmlsec1 in one process.
fn verified_by_xmlsec1(folder: &Path, signers: &Signers, one: &Made) -> Result<(), Failure> {
    const TIMES: u32 = 2_000;
    let (file, root) = (folder.join("document.xml"), folder.join("root.pem"));
    let between = folder.join("between.pem");
    std::fs::write(&file, &one.document)?;
    std::fs::write(&root, signers.authority.root_pem())?;
    std::fs::write(&between, signers.authority.between_pem())?;
    let verify = |times: u32| {
        let began = std::time::Instant::now();
        let ended = Command::new("xmlsec1")
            .args(["--verify", "--enabled-key-data", "x509", "--repeat", &times.to_string()])
            .args(["--verification-gmt-time", "2026-11-20+12:00:00"])
            .args(["--id-attr:ID", "urn:hl7-org:v3:nonXMLBody"])
            .args(["--id-attr:ID", "urn:hl7finland:signatureTimestamp", "--trusted-pem"])
            .args([&root, Path::new("--untrusted-pem"), &between, &file])
            .output();
        ended.map(|ended| (ended.status.success(), began.elapsed()))
    };
    let Ok((_, single)) = verify(1) else {
        println!("  xmlsec1 is not on this machine");
        return Ok(());
    };
    let (well, many) = verify(TIMES)?;
    let each = many.saturating_sub(single) / (TIMES - 1);
    let told = if well { "" } else { " (it does not verify)" };
    println!("  {:<34} {:>8.3} ms{told}", "signature, by xmlsec1", millis(each));
    Ok(())
}

/// An authority, and the professionals' cards that it has issued, by registration number.
struct Signers {
    authority: SigningAuthority,
    good: (Instant, Instant),
    cards: HashMap<String, (Issued, FileKey)>,
}

impl Signers {
    fn make() -> Result<Self, Failure> {
        let good = (until().plus_days(-3_000).start(), until().plus_days(1_000).start());
        let authority = SigningAuthority::make("Test signers", good)?;
        Ok(Self { authority, good, cards: HashMap::new() })
    }

    fn chains(&self) -> Result<Trust, Failure> {
        let mut trust = Trust::default();
        trust.add_anchor(self.authority.root())?;
        trust.add_intermediate(self.authority.between())?;
        let made = until().start();
        for list in self.authority.revocation_lists(&[], made, self.good.1)? {
            trust.add_list(RevocationList::read(&list)?);
        }
        Ok(trust)
    }

    fn trust(&self) -> Result<SignatureTrust, Failure> {
        Ok(SignatureTrust { trust: self.chains()?, ..SignatureTrust::default() })
    }

    /// The prepared document as its writer signs it, in a frame of the county's system.
    fn message(&mut self, world: &World, one: &Prepared, number: usize) -> Result<Made, Failure> {
        let (metadata, _) = metadata::read(&one.submission.metadata).map_err(|_| "metadata")?;
        let parts: Vec<(Part, &[u8])> =
            one.submission.parts.iter().map(|(part, bytes)| (*part, bytes.as_slice())).collect();
        let code_sets = world.app.registry();
        let plain = document::write(&metadata, &parts, code_sets.code_sets(), None);
        let at = Instant::parse(&text(&metadata, Element::WrittenAt)).ok_or("a time of writing")?;
        let card = self.card(&text(&metadata, Element::ProfessionalNumber))?;
        let signing = Signing { key: card, kind: SignerKind::Professional, at };
        let document = sign_xml(&plain, &signing)?;
        let sender = &world.county.organisations()[0].id;
        let new = NewFrame {
            id: Id { root: format!("{sender}.95"), extension: Some(number.to_string()) },
            created: at,
            sender,
            user: ("Marjo", "Kallio"),
            unit: (sender, "Suvannon hyvinvointialue"),
        };
        let frame = frame::write(&new, &metadata, document.as_bytes()).into_bytes();
        Ok(Made { frame, document: document.into_bytes() })
    }

    fn card(&mut self, number: &str) -> Result<&FileKey, Failure> {
        if !self.cards.contains_key(number) {
            let order = Order {
                name: "Testi Tekijä",
                number,
                professional: true,
                key: SignerKey::Rsa,
                good: self.good,
            };
            let issued = self.authority.issue(&order)?;
            let key = FileKey::read(issued.key_pem.as_bytes(), issued.certificate_pem.as_bytes())?;
            self.cards.insert(number.to_owned(), (issued, key));
        }
        Ok(&self.cards[number].1)
    }
}

fn text(metadata: &RawMetadata<'_>, element: Element) -> String {
    match metadata.get(element) {
        Some(RawValue::Text(text)) => text.to_string(),
        _ => String::new(),
    }
}
