//! A small world: two counties, a private producer, their systems, a clock that is set, and drafts of
//! documents in which any element can be changed.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};
use tempfile::TempDir;
use varanto_app::archive::{Archived, Submission};
use varanto_app::statistics::Contents;
use varanto_app::{App, AppError, AppOptions, SearchLimits, ServerPlace};
use varanto_domain::access::{Caller, Function, LookReason, Purpose, Reason};
use varanto_domain::archive::documents::Part;
use varanto_domain::disclosure::Refused;
use varanto_domain::faults::Fault;
use varanto_domain::ids::{ClientIdentifier, Oid, PersonalIdentityCode, TemporaryIdentifier};
use varanto_domain::joining::Certificate;
use varanto_domain::persons::PersonFacts;
use varanto_domain::structures::{FieldKind, Structure, built_in};
use varanto_domain::time::{Clock, FinnishDay, Instant};
use varanto_formats::persons::{PersonAnswer, write as write_persons};
use varanto_formats::synthetic::{self, FinnishText, Fullness};
use varanto_formats::{content, view};
use varanto_kit::postgres;

/// Suvannon hyvinvointialue: the county that most tests are about.
pub(crate) const COUNTY: &str = "1.2.246.10.90000001";
/// Its service unit.
pub(crate) const UNIT: &str = "1.2.246.10.90000001.10.11";
/// Its operating unit.
pub(crate) const OPERATING_UNIT: &str = "1.2.246.10.90000001.10.1";
/// A unit of it that was closed at the end of 2023.
pub(crate) const CLOSED_UNIT: &str = "1.2.246.10.90000001.10.12";
/// The other county.
pub(crate) const NEIGHBOUR: &str = "1.2.246.10.90000002";
/// Its service unit.
pub(crate) const NEIGHBOURS_UNIT: &str = "1.2.246.10.90000002.10.11";
/// A private producer.
pub(crate) const PRODUCER: &str = "1.2.246.10.90000003";
/// Its service unit.
pub(crate) const PRODUCERS_UNIT: &str = "1.2.246.10.90000003.10.11";
/// Another unit of it.
pub(crate) const PRODUCERS_OTHER_UNIT: &str = "1.2.246.10.90000003.10.12";
/// The organisation in whose register clients' permissions and refusals are.
pub(crate) const KEEPER: &str = "1.2.246.10.90000004";
/// The service task of the drafts: families with children.
pub(crate) const TASK: &str = "24";
/// The case note of a meeting, a structure inside the program.
pub(crate) const NOTE: &str = "1506.19005";

/// A clock that stands where it was set.
pub(crate) struct SetClock(AtomicI64);

impl SetClock {
    pub(crate) fn at(text: &str) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(instant(text).millis())))
    }

    pub(crate) fn set(&self, text: &str) {
        self.0.store(instant(text).millis(), Ordering::SeqCst);
    }

    pub(crate) fn forward_millis(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for SetClock {
    fn now(&self) -> Instant {
        Instant::from_millis(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) fn instant(text: &str) -> Instant {
    Instant::parse(text).unwrap_or_else(|| panic!("{text} is no instant"))
}

pub(crate) fn oid(text: &str) -> Oid {
    Oid::parse(text).unwrap_or_else(|_| panic!("{text} is no OID"))
}

/// A system of the register, by the fingerprint of its certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum System {
    /// The county's: may do everything.
    County = 1,
    /// The county's, certified for old documents alone.
    OldDocuments = 2,
    /// The county's, certified for reading alone.
    ReadOnly = 3,
    /// The county's, out of the register since 2025.
    Expired = 4,
    /// The other county's: may do everything.
    Neighbour = 5,
    /// The producer's: may do everything, but has no register of its own.
    Producer = 6,
}

/// A client: synthetic, with an individual number of 900 to 999.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) code: PersonalIdentityCode,
    pub(crate) given: String,
    pub(crate) family: String,
    /// Known by a temporary identifier alone that the county issued, with the code's characters.
    pub(crate) temporary: bool,
}

impl Client {
    pub(crate) fn identifier(&self) -> ClientIdentifier {
        if self.temporary {
            ClientIdentifier::Temporary(self.temporary_id())
        } else {
            ClientIdentifier::Code(self.code)
        }
    }

    pub(crate) fn temporary_id(&self) -> TemporaryIdentifier {
        TemporaryIdentifier::new(&oid(&temporary_root()), self.code.reveal()).unwrap()
    }

    /// By what content names the client.
    pub(crate) fn identified(&self) -> (&'static str, Value) {
        if self.temporary {
            let system = format!("urn:oid:{}", temporary_root());
            let value = json!({"system": system, "value": self.code.reveal()});
            ("tilapainen_yksilointitunnus", value)
        } else {
            ("henkilotunnus", identity(self))
        }
    }

    pub(crate) fn born(&self) -> String {
        self.code.birth_day().to_string()
    }
}

/// A look with the reason that old documents of a former client want.
pub(crate) fn justified() -> Purpose {
    Purpose::READ.because(Reason::Look(LookReason::InformationRequest))
}

/// An adult; each number is another one.
pub(crate) fn client(number: u16) -> Client {
    let born = FinnishDay::new(1940, 1, 1).unwrap().plus_days(i32::from(number % 20_000));
    let code = PersonalIdentityCode::compose(born, 900 + number / 20_000).unwrap();
    Client {
        code,
        given: "Aino Testi".into(),
        family: format!("Suvanto-{number}"),
        temporary: false,
    }
}

/// Somebody without an identity code, known by a temporary identifier; each number is another one.
pub(crate) fn unknown(number: u16) -> Client {
    Client { temporary: true, ..client(number) }
}

/// Under which node the county issues temporary identifiers.
pub(crate) fn temporary_root() -> String {
    format!("{COUNTY}.22.2026")
}

/// A client's open case, with the relationship that it belongs to.
#[derive(Clone, Debug)]
pub(crate) struct Dossier {
    pub(crate) client: Client,
    pub(crate) relationship: String,
    pub(crate) case: String,
    /// The newest versions of the two documents.
    pub(crate) relationship_document: String,
    pub(crate) case_document: String,
}

pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) clock: Arc<SetClock>,
    pub(crate) folder: Arc<TempDir>,
    next: Arc<AtomicU64>,
}

impl World {
    /// An empty archive with its registers, on a Monday in November 2026.
    pub(crate) fn new() -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        copy(Self::prepared(), folder.path());
        Self::over(folder)
    }

    fn over(folder: Arc<TempDir>) -> Self {
        let clock = SetClock::at(MONDAY);
        let app = open(folder.path(), &clock).unwrap();
        Self { app, clock, folder, next: Arc::new(AtomicU64::new(1)) }
    }

    /// The archive of a folder that others look after, with identifiers from a number on.
    pub(crate) fn beside(folder: &Path, first: u64) -> Self {
        Self::open_beside(folder, first).unwrap()
    }

    /// The same, where it may not open.
    pub(crate) fn open_beside(folder: &Path, first: u64) -> Result<Self, varanto_app::OpenError> {
        let clock = SetClock::at(MONDAY);
        let app = open(folder, &clock)?;
        let nowhere = Arc::new(tempfile::tempdir().unwrap());
        Ok(Self { app, clock, folder: nowhere, next: Arc::new(AtomicU64::new(first)) })
    }

    /// The same of an archive that others may have open, too.
    pub(crate) fn together(folder: &Path, first: u64) -> Self {
        let clock = SetClock::at(MONDAY);
        let options = AppOptions { together: true, ..options(folder) };
        let app = App::open(&options, Arc::clone(&clock) as Arc<dyn Clock>).unwrap();
        let nowhere = Arc::new(tempfile::tempdir().unwrap());
        Self { app, clock, folder: nowhere, next: Arc::new(AtomicU64::new(first)) }
    }

    /// A folder with the world's registers, as [`World::new`] begins.
    pub(crate) fn prepared() -> &'static Path {
        static PREPARED: OnceLock<TempDir> = OnceLock::new();
        PREPARED.get_or_init(prepare).path()
    }

    /// The world of an archive that has come from elsewhere.
    pub(crate) fn around(app: App, clock: &Arc<SetClock>, folder: &Arc<TempDir>) -> Self {
        let (clock, folder) = (Arc::clone(clock), Arc::clone(folder));
        Self { app, clock, folder, next: Arc::new(AtomicU64::new(9_000_000)) }
    }

    /// Closes the archive and opens it again.
    pub(crate) fn reopen(self) -> Self {
        self.reopen_after(|_| {})
    }

    /// Closes the archive, has its folder changed, and opens it again.
    pub(crate) fn reopen_after(self, change: impl FnOnce(&Path)) -> Self {
        let Self { app, clock, folder, next } = self;
        app.close();
        change(folder.path());
        let app = open(folder.path(), &clock).unwrap();
        Self { app, clock, folder, next }
    }

    /// Closes the archive and opens it again otherwise.
    pub(crate) fn reopen_with(self, otherwise: impl FnOnce(AppOptions) -> AppOptions) -> Self {
        let Self { app, clock, folder, next } = self;
        app.close();
        let options = otherwise(options(folder.path()));
        let app = App::open(&options, Arc::clone(&clock) as Arc<dyn Clock>).unwrap();
        Self { app, clock, folder, next }
    }

    /// The same world, whose searches may take so much.
    pub(crate) fn clone_with(&self, search: SearchLimits) -> Self {
        let app = self.app.with_search_limits(search);
        let (clock, folder) = (Arc::clone(&self.clock), Arc::clone(&self.folder));
        Self { app, clock, folder, next: Arc::clone(&self.next) }
    }

    /// The caller that a system's certificate makes.
    pub(crate) fn caller(&self, system: System) -> Caller {
        let fingerprint = [system as u8; 32];
        self.app.caller_of_certificate(&certificate(&fingerprint)).unwrap()
    }

    /// The caller that a citizen's strong login makes.
    pub(crate) fn citizen(&self, who: &Client) -> Caller {
        self.app.caller_of_citizen(who.code, true).unwrap().unwrap()
    }

    pub(crate) fn county(&self) -> Caller {
        self.caller(System::County)
    }

    /// What the population register tells now, of clients of whom something is archived.
    pub(crate) fn tell(&self, persons: Vec<(PersonalIdentityCode, PersonFacts)>) {
        let told = PersonAnswer { told_at: self.clock.now(), persons };
        self.app.load_persons(write_persons(&told).as_bytes(), false).unwrap();
    }

    /// Archives notes until what is tried takes too long, however many steps a statement may take before the clock is
    /// looked at.
    pub(crate) fn grow_until(&self, dossier: &Dossier, takes_too_long: impl Fn() -> bool) {
        for _ in 0..100 {
            if takes_too_long() {
                return;
            }
            for _ in 0..20 {
                self.archive(&self.note(dossier));
            }
        }
        panic!("nothing takes too long");
    }

    /// The population register tells that there is nothing to tell of a client.
    pub(crate) fn know(&self, client: &Client) {
        self.tell(vec![(client.code, PersonFacts::default())]);
    }

    /// A new identifier under the county's node.
    pub(crate) fn new_oid(&self) -> String {
        format!("{COUNTY}.95.2026.{}", self.next.fetch_add(1, Ordering::SeqCst))
    }

    /// A number that no other call gets.
    pub(crate) fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::SeqCst)
    }

    pub(crate) fn contents(&self) -> Contents {
        self.app.contents().unwrap()
    }

    /// Archives for the county; a refusal fails the test with its faults.
    pub(crate) fn archive(&self, draft: &Draft) -> Archived {
        self.archive_as(System::County, draft)
    }

    pub(crate) fn archive_as(&self, system: System, draft: &Draft) -> Archived {
        match self.app.archive_document(&self.caller(system), draft.submission()) {
            Ok(archived) => archived,
            Err(AppError::Refused(faults)) => panic!("{}", told(&faults)),
            Err(error) => panic!("{error}: {error:?}"),
        }
    }

    /// Archives a client's relationship and an open case.
    pub(crate) fn open_case(&self, client: &Client) -> Dossier {
        self.open_case_under(&self.relationship(client), client)
    }

    /// Archives a relationship document and an open case under it.
    pub(crate) fn open_case_under(&self, relationship: &Draft, client: &Client) -> Dossier {
        self.archive(relationship);
        let id = relationship.text("relationship_id");
        let case = self.case(client, &id);
        self.archive(&case);
        Dossier {
            client: client.clone(),
            relationship: id,
            case: case.text("case_id"),
            relationship_document: relationship.text("document_id"),
            case_document: case.text("document_id"),
        }
    }

    /// Archives an old relationship and its closed case.
    pub(crate) fn open_old_case(&self, client: &Client) -> Dossier {
        let relationship = self.old_relationship(client);
        self.archive(&relationship);
        let id = relationship.text("relationship_id");
        let case = self.closed_case(client, &id);
        self.archive(&case);
        Dossier {
            client: client.clone(),
            relationship: id,
            case: case.text("case_id"),
            relationship_document: relationship.text("document_id"),
            case_document: case.text("document_id"),
        }
    }

    fn written(&self) -> String {
        Instant::from_millis(self.clock.now().millis() - 3_600_000).to_string()
    }

    /// What every draft has.
    fn draft(&self, group: &str, client: &Client) -> Draft {
        let id = self.new_oid();
        let draft = Draft {
            metadata: json!({
                "document_id": id, "set_id": id, "version": 1, "group": group,
                "written_at": self.written(), "created_at": self.written(), "language": "fi",
                "confidentiality": "6",
                "client": {
                    "identity_code": client.code.reveal(), "given_names": client.given,
                    "family_name": client.family, "birth_date": client.born(),
                },
                "controller": {"id": COUNTY, "name": "Suvannon hyvinvointialue"},
                "organiser": {"id": COUNTY, "name": "Suvannon hyvinvointialue"},
                "service_unit": {"id": UNIT, "name": "Suvannon perhepalvelut"},
                "view_format": "2",
                "software": {"manufacturer": "Testitalo Oy", "product": "Testi", "version": "1.0"},
                "record_state": "3", "register_type": "1", "retention_class": "1",
                "special_content": "E",
            }),
            structured: None,
            view: View::Made,
            pdf: None,
        };
        if !client.temporary {
            return draft;
        }
        draft
            .drop("client.identity_code")
            .set("client.temporary_id.root", temporary_root())
            .set("client.temporary_id.extension", client.code.reveal())
    }

    /// A relationship document with one service task.
    pub(crate) fn relationship(&self, client: &Client) -> Draft {
        let id = self.new_oid();
        let (identifier, identity) = client.identified();
        let mut draft = self.draft("1", client);
        draft.structured = Some(json!({"asiakkuusasiakirja": {
            "asiakkuuden_yksilointitunnus": {"system": "urn:oid:1.2.246.1", "value": id},
            "asiakas": {
                "sukunimi": client.family, "etunimet": client.given,
                identifier: identity, "syntymaaika": client.born(),
                "turvakielto": false,
            },
            "sosiaalihuollon_asiakkuus": {"asiakkuuden_alkamispvm": "2024-01-08"},
            "palvelunjarjestajan_toimintayksikko": unit(OPERATING_UNIT),
            "sosiaalihuollon_palvelutehtava": [{
                "palvelutehtava": task(TASK),
                "palvelunjarjestajan_palveluyksikko": [{
                    "palveluyksikon_nimi": unit(UNIT), "asiakkuuden_alkamispvm": "2024-01-08",
                    "yhteystiedot": {"puhelinnumero": "040 000 0000"},
                }],
            }],
        }}));
        draft
            .set("structure", "1.2.246.537.6.1505.1.2023.6.1")
            .set("structured_format", "5")
            .set("relationship_id", id)
    }

    /// An old relationship: it takes old documents alone.
    pub(crate) fn old_relationship(&self, client: &Client) -> Draft {
        self.relationship(client)
            .content("/asiakkuusasiakirja/sosiaalihuollon_asiakkuus/vanha_asiakkuus", true)
            .content(
                "/asiakkuusasiakirja/sosiaalihuollon_asiakkuus/asiakkuuden_paattymispvm",
                "2024-03-01",
            )
    }

    /// A case document of an open case.
    pub(crate) fn case(&self, client: &Client, relationship: &str) -> Draft {
        let id = self.new_oid();
        let (identifier, identity) = client.identified();
        let mut draft = self.draft("2", client);
        draft.structured = Some(json!({"asia_asiakirja": {
            "palvelunjarjestajan_toimintayksikko": unit(OPERATING_UNIT),
            "asiakas": [{
                "sukunimi": client.family, "etunimet": client.given,
                identifier: identity, "syntymaaika": client.born(),
            }],
            "asian_tiedot": {
                "asiatunnus": {"system": "urn:oid:1.2.246.1", "value": id},
                "nimi": code("1.2.246.537.6.1265", "99", "Muu"),
                "lisatieto_luokkaan_muu": "Lapsiperheen tuki",
                "tila": code("1.2.246.537.6.1501", "1", "Avoin"),
                "avauspaiva": "2024-01-09",
                "yhteinen_asia": false,
                "palvelutehtava": task(TASK),
            },
        }}));
        draft
            .set("structure", "1.2.246.537.6.1505.2.2022.6.28")
            .set("structured_format", "5")
            .set("relationship_id", relationship)
            .set("case_id", id)
            .set("case_opened_on", "2024-01-09")
            .set("service_task", TASK)
    }

    /// A case document of a case that was closed on 2024-02-29.
    pub(crate) fn closed_case(&self, client: &Client, relationship: &str) -> Draft {
        self.case(client, relationship).closed_on("2024-02-29")
    }

    /// A case note of phase II, structured.
    pub(crate) fn note(&self, dossier: &Dossier) -> Draft {
        self.structured_document(dossier, structure_of(NOTE), self.number())
    }

    /// A made-up client document on any structure.
    pub(crate) fn structured_document(
        &self,
        dossier: &Dossier,
        structure: &Structure,
        seed: u64,
    ) -> Draft {
        let made = synthetic::document(structure, seed, Fullness::Typical, &mut FinnishText::new());
        let mut draft = self.client_document("5", dossier);
        draft.structured = Some(about(&dossier.client, &content::write(&made)));
        draft
            .set("specific_type", structure.specific_type().expect("of a client document"))
            .set("structure", structure.oid.as_str())
            .set("structured_format", "5")
            .set("professional.registration_number", "29900000001")
            .set("professional.given_names", "Testi")
            .set("professional.family_name", "Työntekijä")
    }

    /// What every client document has.
    fn client_document(&self, group: &str, dossier: &Dossier) -> Draft {
        self.draft(group, &dossier.client)
            .set("general_type", "19")
            .set("case_id", dossier.case.as_str())
            .set("service_task", TASK)
    }

    /// A client document of phase I: a view alone.
    pub(crate) fn phase_one(&self, dossier: &Dossier) -> Draft {
        self.client_document("3", dossier)
    }

    /// An old document: a PDF file.
    pub(crate) fn old(&self, dossier: &Dossier) -> Draft {
        let mut draft = self.client_document("4", dossier).set("view_format", "1");
        draft.view = View::None;
        draft.pdf = Some(paper().to_vec());
        draft
            .set("written_at", "2019-05-06T12:00:00+03:00")
            .set("created_at", "2019-05-06T12:00:00+03:00")
    }

    /// A permission document that a unit of the county records; `None`: the client is informed alone.
    pub(crate) fn permission(&self, client: &Client, granted: Option<bool>) -> Draft {
        let mut content = json!({"luovutusluvan_antaja_on_laillinen_edustaja": false});
        if let Some(granted) = granted {
            content["voimassa_oleva_luovutuslupa"] = json!({
                "luovutuslupa": granted, "luovutusluvan_antamisen_ajankohta": "2026-10-01",
            });
        }
        self.will("8", "1505.8", "luovutuslupa_asiakirja", client, &content)
    }

    /// A refusal document that a unit of the county records: of the three lists what is refused.
    pub(crate) fn refusal(&self, client: &Client, refused: &[Refused]) -> Draft {
        const ON: &str = "kiellon_asettamisen_ajankohta";
        let mut content = json!({});
        for one in refused {
            let (heading, list, member, what) = match one {
                Refused::Controller(id) => (
                    "rekisterinpitajaa_koskevat_luovutuskiellot",
                    "rekisterinpitajaa_koskeva_luovutuskielto",
                    "rekisterinpitaja_jonka_tietojen_luovutus_kielletaan",
                    unit(id.as_str()),
                ),
                Refused::ServiceTask(code) => (
                    "palvelutehtavaa_koskevat_luovutuskiellot",
                    "palvelutehtavaa_koskeva_luovutuskielto",
                    "palvelutehtava_jonka_tietojen_luovutus_kielletaan",
                    task(code),
                ),
                Refused::Document(id) => (
                    "asiakirjoja_koskevat_luovutuskiellot",
                    "asiakirjaa_koskeva_luovutuskielto",
                    "asiakirja_jonka_luovutus_kielletaan",
                    json!({"oid_tunnus": {"system": "urn:oid:1.2.246.1", "value": id.as_str()}}),
                ),
            };
            let entry = json!({member: [what], ON: "2026-10-01"});
            match content[heading][list].as_array_mut() {
                Some(entries) => entries.push(entry),
                None => content[heading] = json!({list: [entry]}),
            }
        }
        self.will("9", "1505.9", "kieltoasiakirja", client, &content)
    }

    fn will(&self, group: &str, arc: &str, root: &str, who: &Client, says: &Value) -> Draft {
        let structure = structure_of(arc);
        let phrase = structure.fields.iter().find_map(|field| match &field.kind {
            FieldKind::Phrase(phrases) => phrases.first(),
            _ => None,
        });
        let (identifier, identity) = who.identified();
        let mut content = json!({
            "asiakas": {"sukunimi": who.family, "etunimet": who.given, identifier: identity},
            "infoteksti": phrase,
            "ammattihenkilon_laatima_asiakirja": {"laatija": {
                "sukunimi": "Työntekijä", "etunimet": "Testi", "palveluyksikko": unit(UNIT),
            }},
        });
        for (name, value) in says.as_object().unwrap() {
            content[name] = value.clone();
        }
        let mut draft = self.draft(group, who);
        draft.structured = Some(json!({root: content}));
        draft
            .set("controller.id", KEEPER)
            .set("controller.name", "Tahdonilmaisupalvelu")
            .set("structure", structure.oid.as_str())
            .set("structured_format", "5")
    }

    /// The next version of a document.
    pub(crate) fn next_version(&self, of: &Draft) -> Draft {
        let id = self.new_oid();
        let before = of.text("document_id");
        let number = of.metadata["version"].as_i64().unwrap() + 1;
        of.clone()
            .set("document_id", id)
            .set("version", number)
            .set("replaces.document_id", before)
            .set("replaces.reason", "2")
            .set("written_at", self.written())
            .set("created_at", self.written())
    }

    /// The damage that a verification of the whole store finds, each as `place: what`.
    pub(crate) fn damage(&self) -> Vec<String> {
        let verdict = self.app.verify_store(|_| {}).unwrap();
        verdict.damage.iter().map(|one| format!("{}: {}", one.place, one.what)).collect()
    }
}

/// When the world begins.
pub(crate) const MONDAY: &str = "2026-11-02T10:00:00+02:00";

/// A store with its registers, in which the dictionaries of the usual structures are trained: what
/// was sent to train them was refused for its references.
fn prepare() -> TempDir {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let world = World::over(Arc::clone(&folder));
    world.app.load_registers("world", registers().to_string().into_bytes()).unwrap();
    let person = client(999);
    let [relationship, case] = [world.new_oid(), world.new_oid()];
    let nowhere = Dossier {
        client: person.clone(),
        relationship: relationship.clone(),
        case,
        relationship_document: String::new(),
        case_document: String::new(),
    };
    let drafts = [
        world.next_version(&world.relationship(&person)),
        world.case(&person, &relationship),
        world.note(&nowhere),
    ];
    for draft in drafts {
        let answer = world.app.archive_document(&world.county(), draft.submission());
        assert!(matches!(answer, Err(AppError::Refused(_))), "{answer:?}");
    }
    world.app.close();
    drop(world.folder);
    Arc::into_inner(folder).expect("nobody else has it")
}

/// Copies a folder with everything in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).unwrap();
        }
    }
    if let (Some(server), Ok(address)) = (postgres::of_tests(), address_in(to)) {
        let name = server.create(Some(name_in(&address))).unwrap();
        std::fs::write(to.join(DATABASE), server.address(&name)).unwrap();
    }
}

/// Makes the folder of another server over the same database. False where the archive is in a file.
pub(crate) fn copy_beside(from: &Path, to: &Path) -> bool {
    if postgres::of_tests().is_none() {
        return false;
    }
    let address = address_in(from).unwrap();
    copy(from, to);
    std::fs::write(to.join(DATABASE), address).unwrap();
    true
}

/// The file of a folder that has the address of the archive's database, when the tests are about PostgreSQL.
const DATABASE: &str = "database.txt";

fn address_in(folder: &Path) -> std::io::Result<String> {
    std::fs::read_to_string(folder.join(DATABASE))
}

fn name_in(address: &str) -> &str {
    address.rsplit('=').next().unwrap()
}

/// What the archive of a folder answers to a statement, beside its own process: each row's columns as text.
pub(crate) fn ask(folder: &Path, sql: &str) -> Vec<Vec<String>> {
    if let Some(server) = postgres::of_tests() {
        let told = server.ask(name_in(&address_in(folder).unwrap()), sql).unwrap();
        return told.lines().map(|row| row.split('|').map(str::to_owned).collect()).collect();
    }
    let conn = rusqlite::Connection::open(folder.join("varanto.db")).unwrap();
    let mut statement = conn.prepare(sql).unwrap();
    let columns = statement.column_count();
    let text = |value: rusqlite::types::Value| match value {
        rusqlite::types::Value::Integer(number) => number.to_string(),
        rusqlite::types::Value::Text(text) => text,
        rusqlite::types::Value::Null => String::new(),
        other => format!("{other:?}"),
    };
    let read = |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get(at).map(text)).collect();
    let rows = statement.query_map([], read).unwrap();
    rows.map(Result::unwrap).collect()
}

/// What a statement answers that selects one column of bytes.
pub(crate) fn pieces(folder: &Path, sql: &str) -> Vec<Vec<u8>> {
    let digits = if postgres::of_tests().is_some() { "encode(bytes, 'hex')" } else { "hex(bytes)" };
    let sql = format!("WITH kept (bytes) AS ({sql}) SELECT {digits} FROM kept");
    let byte = |two: &[u8]| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap();
    let read = |row: Vec<String>| row[0].as_bytes().chunks(2).map(byte).collect();
    ask(folder, &sql).into_iter().map(read).collect()
}

/// The files that the database of a folder is in, with all that was written.
pub(crate) fn files_of(folder: &Path) -> Vec<PathBuf> {
    match postgres::of_tests() {
        Some(server) => server.files_of(name_in(&address_in(folder).unwrap())).unwrap(),
        None => ["varanto.db", "varanto.db-wal"].map(|name| folder.join(name)).into(),
    }
}

/// Ends every connection to the database of a folder, when the tests are about PostgreSQL.
pub(crate) fn cut_connections(folder: &Path) {
    const SQL: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    if let Some(server) = postgres::of_tests() {
        server.ask(name_in(&address_in(folder).unwrap()), SQL).unwrap();
    }
}

/// Clears up as `docs/scale.md` tells the operator of a server to. False where there is none.
pub(crate) fn clear_up(folder: &Path) -> bool {
    let Some(server) = postgres::of_tests() else { return false };
    server.ask(name_in(&address_in(folder).unwrap()), "VACUUM (FULL)").unwrap();
    true
}

/// Changes rows of the archive of a folder, behind its back; answers how many.
pub(crate) fn harm(folder: &Path, sql: &str) -> usize {
    if let Some(server) = postgres::of_tests() {
        let address = address_in(folder).unwrap();
        let counted = format!("WITH changed AS ({sql} RETURNING 1) SELECT count(*) FROM changed");
        return server.ask(name_in(&address), &counted).unwrap().trim().parse().unwrap();
    }
    let conn = rusqlite::Connection::open(folder.join("varanto.db")).unwrap();
    conn.execute(sql, []).unwrap()
}

/// Whether a test is left out because it reaches for the file of the embedded engine.
pub(crate) fn on_server() -> bool {
    let on_server = postgres::of_tests().is_some();
    if on_server {
        println!("skipped: it is about the embedded engine");
    }
    on_server
}

/// Opens the archive of a folder.
pub(crate) fn open(folder: &Path, clock: &Arc<SetClock>) -> Result<App, varanto_app::OpenError> {
    App::open(&options(folder), Arc::clone(clock) as Arc<dyn Clock>)
}

pub(crate) fn options(folder: &Path) -> AppOptions {
    let address = address_in(folder).ok().or_else(|| {
        let server = postgres::of_tests()?;
        let address = server.address(&server.create(None).unwrap());
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join(DATABASE), &address).unwrap();
        Some(address)
    });
    let server = address.map(|url| ServerPlace { url, password_file: None, authority: None });
    AppOptions { server, ..AppOptions::in_folder(folder) }
}

pub(crate) fn certificate(fingerprint: &[u8; 32]) -> Certificate<'_> {
    Certificate { subject_serial: None, fingerprint, common_name: None }
}

pub(crate) fn told(faults: &[Fault]) -> String {
    let lines: Vec<String> = faults
        .iter()
        .map(|fault| {
            format!(
                "{} at {} ({}) {:?} {:?}",
                fault.code(),
                fault.element,
                fault.rule,
                fault.value,
                fault.args
            )
        })
        .collect();
    lines.join("\n")
}

/// The newest structure of a type that is inside the program.
pub(crate) fn structure_of(type_arc: &str) -> &'static Structure {
    built_in()
        .iter()
        .filter(|structure| structure.type_arc() == type_arc)
        .max_by_key(|structure| structure.first_day)
        .unwrap_or_else(|| panic!("{type_arc} is inside the program"))
}

/// The files that others wrote, a folder of them; `None`, and said so, where they are not.
pub(crate) fn corpora(part: &str) -> Option<std::path::PathBuf> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpora"));
    let folder = folder.join(part);
    if !folder.is_dir() {
        println!("skipped: {part} of the corpora missing");
        return None;
    }
    Some(folder)
}

/// Whether the long tests are asked for.
pub(crate) fn long() -> bool {
    std::env::var_os("VARANTO_LONG").is_some()
}

/// A PDF/A file.
pub(crate) fn paper() -> &'static [u8] {
    static PAPER: OnceLock<Vec<u8>> = OnceLock::new();
    PAPER.get_or_init(|| {
        use varanto_kit::pdf::{Paper, Paragraph, write};
        write(&Paper {
            title: "Päätös",
            author: "Suvannon kunta",
            made: FinnishDay::new(2019, 5, 6).unwrap(),
            language: "fi",
            paragraphs: &[Paragraph::Text("Hakemus hyväksytään.")],
        })
    })
}

fn code(system: &str, code: &str, display: &str) -> Value {
    json!({"system": format!("urn:oid:{system}.201601"), "code": code, "display": display})
}

pub(crate) fn task(task: &str) -> Value {
    code("1.2.246.537.6.1221", task, "Palvelutehtävä")
}

pub(crate) fn unit(oid: &str) -> Value {
    json!({"system": "urn:oid:1.2.246.537.6.202.2008", "code": oid, "display": "Yksikkö"})
}

/// A unit that serves a client, from its first day to its last; `""`: until further notice.
pub(crate) fn serving(oid: &str, first: &str, last: &str) -> Value {
    let mut serving = json!({"palveluyksikon_nimi": unit(oid), "asiakkuuden_alkamispvm": first,
        "sosiaalipalvelu": [code("1.2.246.537.6.1222", "45", "Sosiaaliohjaus")]});
    if !last.is_empty() {
        serving["asiakkuuden_paattymispvm"] = last.into();
    }
    serving
}

/// Made-up content, with a client's identity code wherever its client has one.
pub(crate) fn about(client: &Client, made: &str) -> Value {
    let mut content: Value = serde_json::from_str(made).unwrap();
    for root in content.as_object_mut().unwrap().values_mut() {
        let clients = match root.get_mut("asiakas") {
            Some(Value::Array(clients)) => clients.as_mut_slice(),
            Some(one) => std::slice::from_mut(one),
            None => &mut [],
        };
        for one in clients {
            let Some(one) = one.as_object_mut() else { continue };
            if one.remove("henkilotunnus").is_some() {
                let (identifier, identity) = client.identified();
                one.insert(identifier.to_owned(), identity);
            }
        }
    }
    content
}

pub(crate) fn identity(client: &Client) -> Value {
    json!({"system": "urn:oid:1.2.246.21", "value": client.code.reveal()})
}

/// How the view of a draft comes about.
#[derive(Clone, Debug)]
pub(crate) enum View {
    None,
    /// Made of a few lines, with the document's identifier.
    Made,
    Given(Vec<u8>),
}

/// A document in the making; every element can be set and dropped.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) metadata: Value,
    pub(crate) structured: Option<Value>,
    pub(crate) view: View,
    pub(crate) pdf: Option<Vec<u8>>,
}

impl Draft {
    /// Sets a metadata element by its path.
    pub(crate) fn set(mut self, path: &str, value: impl Into<Value>) -> Self {
        let mut at = &mut self.metadata;
        for name in path.split('.') {
            if !at.is_object() {
                *at = json!({});
            }
            at = &mut at[name];
        }
        *at = value.into();
        self
    }

    /// Drops a metadata element by its path, and the object around it when it becomes empty.
    pub(crate) fn drop(mut self, path: &str) -> Self {
        fn drop_at(at: &mut Value, names: &[&str]) {
            let Some(object) = at.as_object_mut() else { return };
            let [name, rest @ ..] = names else { return };
            if rest.is_empty() {
                object.remove(*name);
            } else if let Some(inner) = object.get_mut(*name) {
                drop_at(inner, rest);
                if inner.as_object().is_some_and(serde_json::Map::is_empty) {
                    object.remove(*name);
                }
            }
        }
        drop_at(&mut self.metadata, &path.split('.').collect::<Vec<_>>());
        self
    }

    /// The text of a metadata element.
    pub(crate) fn text(&self, path: &str) -> String {
        let mut at = &self.metadata;
        for name in path.split('.') {
            at = &at[name];
        }
        at.as_str().unwrap_or_else(|| panic!("{path} is a text")).to_owned()
    }

    pub(crate) fn id(&self) -> Oid {
        oid(&self.text("document_id"))
    }

    /// Sets a member of the structured content by its JSON pointer.
    pub(crate) fn content(mut self, pointer: &str, value: impl Into<Value>) -> Self {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let root = self.structured.as_mut().expect("a structured document");
        let at = root.pointer_mut(parent).unwrap_or_else(|| panic!("{parent} is there"));
        at[name] = value.into();
        self
    }

    /// Says what another draft says.
    pub(crate) fn saying(mut self, other: &Self) -> Self {
        self.structured.clone_from(&other.structured);
        self
    }

    /// Drops a member of the structured content by its JSON pointer.
    pub(crate) fn drop_content(mut self, pointer: &str) -> Self {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let root = self.structured.as_mut().expect("a structured document");
        let at = root.pointer_mut(parent).and_then(Value::as_object_mut).expect("it is there");
        at.remove(name).expect("it is there");
        self
    }

    /// Gives the first service task of a relationship document its producers.
    pub(crate) fn served_by(self, producers: impl Into<Value>) -> Self {
        let pointer = "/asiakkuusasiakirja/sosiaalihuollon_palvelutehtava/0/palveluntuottaja";
        self.content(pointer, producers)
    }

    /// Ends a relationship document's relationship, and the unit that serves in it.
    pub(crate) fn ended_on(self, day: &str) -> Self {
        const HEADING: &str = "/asiakkuusasiakirja/sosiaalihuollon_asiakkuus";
        const UNIT: &str = "/asiakkuusasiakirja/sosiaalihuollon_palvelutehtava/0/\
            palvelunjarjestajan_palveluyksikko/0";
        let end = |of: &str| format!("{of}/asiakkuuden_paattymispvm");
        self.content(&end(HEADING), day).content(&end(UNIT), day)
    }

    /// Makes a case document's case closed.
    pub(crate) fn closed_on(self, day: &str) -> Self {
        self.content(
            "/asia_asiakirja/asian_tiedot/tila",
            code("1.2.246.537.6.1501", "2", "Suljettu"),
        )
        .content("/asia_asiakirja/asian_tiedot/paattymispaiva", day)
        .set("case_closed_on", day)
    }

    pub(crate) fn view(mut self, text: &str) -> Self {
        self.view = View::Given(text.as_bytes().to_vec());
        self
    }

    pub(crate) fn without_view(mut self) -> Self {
        self.view = View::None;
        self
    }

    pub(crate) fn pdf(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.pdf = Some(bytes.into());
        self
    }

    pub(crate) fn submission(&self) -> Submission {
        let mut parts = Vec::new();
        if let Some(structured) = &self.structured {
            parts.push((Part::Structured, structured.to_string().into_bytes()));
        }
        match &self.view {
            View::None => {}
            View::Given(bytes) => parts.push((Part::View, bytes.clone())),
            View::Made => parts.push((Part::View, self.made_view())),
        }
        if let Some(pdf) = &self.pdf {
            parts.push((Part::Pdf, pdf.clone()));
        }
        Submission { metadata: self.metadata.to_string().into_bytes(), parts }
    }

    pub(crate) fn made_view(&self) -> Vec<u8> {
        let named = self.metadata["document_id"].as_str().and_then(|id| Oid::parse(id).ok());
        let named = named.unwrap_or_else(|| oid("1.2.3"));
        let heading = view::Heading {
            document: &named,
            organisation: "Suvannon hyvinvointialue",
            document_type: "Merkintä",
            made_on: None,
            language: view::ViewLanguage::Finnish,
        };
        view::render_plain("Merkintä", &["Tavattiin kotona."], &heading).into_bytes()
    }
}

/// The registers: two public controllers, a private producer, the keeper of wills, six systems.
pub(crate) fn registers() -> Value {
    let organisation = |oid: &str, name: &str, kind: &str| {
        let mut one = json!({"oid": oid, "names": {"fi": name}, "kind": kind,
            "first_day": "2015-01-01", "controller": kind == "public"});
        if kind == "public" {
            one["disclosure"] = json!({"first_day": "2021-11-01"});
        }
        one
    };
    let unit = |oid: &str, of: &str, kind: &str, parent: Option<&str>| {
        let mut unit = json!({"oid": oid, "kind": kind, "organisation": of,
            "names": {"fi": "Yksikkö"}, "first_day": "2015-01-01"});
        if let Some(parent) = parent {
            unit["parent"] = parent.into();
        }
        unit
    };
    let everything = Function::ALL.map(Function::code);
    let system = |system: System, of: &str, functions: &[&str]| {
        let certified: Vec<Value> = functions
            .iter()
            .map(|function| json!({"function": function, "first_day": "2020-01-01"}))
            .collect();
        json!({"id": format!("{system:?}").to_lowercase(), "names": {"fi": format!("{system:?}")},
            "organisations": [of], "first_day": "2020-01-01", "certification": certified,
            "certificates": {"fingerprints": [format!("{:02x}", system as u8).repeat(32)]}})
    };
    let mut closed = unit(CLOSED_UNIT, COUNTY, "service-unit", None);
    closed["last_day"] = "2023-12-31".into();
    let mut expired = system(System::Expired, COUNTY, &everything);
    expired["last_day"] = "2024-12-31".into();
    json!({
        "organisations": [
            organisation(COUNTY, "Suvannon hyvinvointialue", "public"),
            organisation(NEIGHBOUR, "Lehdon hyvinvointialue", "public"),
            organisation(PRODUCER, "Hoiva Oy", "private"),
            json!({"oid": KEEPER, "names": {"fi": "Tahdonilmaisupalvelu"}, "kind": "public",
                "first_day": "2015-01-01", "controller": true, "keeps_wills": true}),
        ],
        "units": [
            unit(OPERATING_UNIT, COUNTY, "operating-unit", None),
            unit(UNIT, COUNTY, "service-unit", Some(OPERATING_UNIT)),
            closed,
            unit(NEIGHBOURS_UNIT, NEIGHBOUR, "service-unit", None),
            unit(PRODUCERS_UNIT, PRODUCER, "service-unit", None),
            unit(PRODUCERS_OTHER_UNIT, PRODUCER, "service-unit", None),
        ],
        "systems": [
            system(System::County, COUNTY, &everything),
            system(System::OldDocuments, COUNTY, &["archive-old-documents"]),
            system(System::ReadOnly, COUNTY, &["read"]),
            expired,
            system(System::Neighbour, NEIGHBOUR, &everything),
            system(System::Producer, PRODUCER, &everything),
        ],
    })
}
