//! How each system writes its index and names its files.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::json;
use varanto_domain::codes::ServiceTask;
use varanto_domain::time::FinnishDay;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::files::{Files, Form};
use super::stories::{Paper, Plant, Standing, Stories, TYPES};
use super::{Delivered, Planted, Said, SourceSystem};
use crate::county::County;

/// The day on which the county joined the archive.
pub(super) fn joined() -> FinnishDay {
    FinnishDay::new(2024, 1, 1).expect("the calendar has that day")
}

/// The register's name in the old systems, and its service task of 2016.
const fn register(task: ServiceTask) -> (&'static str, &'static str) {
    match task {
        ServiceTask::FamilyLaw => ("ELATUS", "25"),
        ServiceTask::OlderPeople => ("KOTIPALVELU", "23"),
        ServiceTask::Families => ("PERHETYÖ", "24"),
        _ => ("TOIMEENTULO", "26"),
    }
}

/// The classification that was in use on a day.
fn classification(written: FinnishDay) -> &'static str {
    match written.year() {
        ..2011 => "1989",
        2011..2016 => "2011",
        2016 if written < FinnishDay::new(2016, 3, 1).unwrap_or(written) => "2011",
        _ => "2016",
    }
}

/// A tally of what was planted.
#[derive(Default)]
struct Tally {
    rows: u64,
    strays: u64,
    planted: Vec<Planted>,
    said: Vec<Said>,
}

impl Tally {
    fn row(&mut self, place: u64, paper: &Paper) {
        self.rows += 1;
        let codes = paper.codes().into_iter();
        self.planted.extend(codes.map(|code| Planted { place, code }));
        self.said.push(said(place, paper));
    }

    /// The file of the row that came last.
    fn file(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        if let Some(last) = self.said.last_mut() {
            last.sha256 = Some(digest(&SHA256, &bytes).as_ref().to_vec());
        }
        bytes
    }

    fn done(self) -> Delivered {
        let Self { rows, strays, planted, said } = self;
        Delivered { rows, planted, strays, said }
    }
}

fn said(place: u64, paper: &Paper) -> Said {
    let (register, task) = register(paper.task);
    let original = match (classification(paper.written), register) {
        ("1989", "ELATUS") => Some(("1989", "10")),
        ("1989", _) => Some(("1989", "13")),
        ("2011", "ELATUS") => Some(("2011", "12")),
        ("2011", _) => Some(("2011", "17")),
        _ => None,
    };
    Said {
        place,
        document: source_id(paper).to_string(),
        main: paper.main.map(|main| main.to_string()),
        code: paper.code(),
        relationship: match &paper.client.standing {
            Standing::Active(relationship) => Some(relationship.clone()),
            Standing::Ended | Standing::Deceased => None,
        },
        deceased: paper.client.standing == Standing::Deceased,
        task,
        original,
        general_type: TYPES[paper.kind].1,
        written: paper.written,
        sha256: None,
    }
}

/// What identifies a document in its source: that of the row before, where that was planted.
fn source_id(paper: &Paper) -> u32 {
    if paper.has(Plant::SameSource) { paper.number - 1 } else { paper.number }
}

/// The number that the document's file is called by.
fn file_number(paper: &Paper) -> u32 {
    if paper.has(Plant::SameFile) { paper.number - 1 } else { paper.number }
}

/// The number that the document's content follows from: that of the row before, where that was planted.
pub(super) fn content_number(paper: &Paper) -> u32 {
    if paper.has(Plant::SameContent) { paper.number - 1 } else { paper.number }
}

/// Code page 850, as far as the synthetic county needs it.
pub(super) fn dos(text: &str) -> Vec<u8> {
    let letters =
        [('ä', 0x84), ('ö', 0x94), ('å', 0x86), ('Ä', 0x8E), ('Ö', 0x99), ('Å', 0x8F), ('é', 0x82)];
    text.chars()
        .map(|sign| {
            let known = letters.iter().find(|(letter, _)| *letter == sign).map(|(_, byte)| *byte);
            known.unwrap_or(if sign.is_ascii() { sign as u8 } else { b'?' })
        })
        .collect()
}

/// A day in one of the five forms that the oldest system's users typed over the years.
fn typed(day: FinnishDay, form: usize) -> String {
    let (year, month, date) = (day.year(), day.month(), day.day());
    match form {
        0 => format!("{date}.{month}.{year}"),
        1 => format!("{date:02}.{month:02}.{year}"),
        2 => format!("{year}-{month:02}-{date:02}"),
        3 => format!("{year}{month:02}{date:02}"),
        _ => format!("{date}/{month} {year}"),
    }
}

fn file(path: &Path) -> io::Result<BufWriter<File>> {
    Ok(BufWriter::new(File::create(path)?))
}

pub(super) fn aamu(stories: Stories<'_>, out: &Path) -> io::Result<Delivered> {
    let folder = out.join("delivery");
    fs::create_dir_all(&folder)?;
    let files = Files::new();
    let mut index = file(&folder.join("ASIAKIRJAT.CSV"))?;
    let mut clients = file(&folder.join("ASIAKKAAT.CSV"))?;
    index.write_all(b"DOKNRO;ASNRO;HETU;REKISTERI;LUOKITUS;LAJI;PVM;TIEDOSTO;PAAASIAKIRJA\r\n")?;
    clients.write_all(b"ASNRO;NIMI;TILA;ASIAKKUUS\r\n")?;
    let mut tally = Tally::default();
    let strays = if stories.faulty > 0 { 3 } else { 0 };
    let mut last_client = None;
    for mut paper in stories {
        if last_client.replace(paper.client.number) != Some(paper.client.number) {
            let person = &paper.client.person;
            let (state, relationship) = match &paper.client.standing {
                Standing::Ended => ("P", ""),
                Standing::Deceased => ("K", ""),
                Standing::Active(relationship) => ("V", relationship.as_str()),
            };
            let (number, family) = (paper.client.number, person.family_name.to_uppercase());
            let line =
                format!("{number};{family} {};{state};{relationship}\r\n", person.given_names);
            clients.write_all(&dos(&line))?;
        }
        tally.row(tally.rows + 2, &paper);
        let year = 1990 + file_number(&paper) % 7;
        let name = format!("{:08}", file_number(&paper));
        let form = |number| Form::of(SourceSystem::Aamu, Form::Pdf, number);
        let ending = form(content_number(&paper).min(file_number(&paper))).ending();
        let within = folder.join("TIEDOSTOT").join(year.to_string());
        if !paper.has(Plant::MissingFile) && !paper.has(Plant::SameFile) {
            fs::create_dir_all(&within)?;
            let file = format!("{name}.{}", ending.to_uppercase());
            let bytes = files.bytes(&paper, form(content_number(&paper)));
            fs::write(within.join(file), tally.file(bytes))?;
        }
        let (register, _) = register(paper.task);
        let classification =
            if paper.has(Plant::NoOriginalTask) { "" } else { classification(paper.written) };
        let kind = if paper.has(Plant::UnknownType) { "SEKALAINEN" } else { TYPES[paper.kind].0 };
        let form = paper.dice.below(5);
        let day = if paper.has(Plant::ImpossibleDay) {
            "31.2.2009".to_owned()
        } else {
            typed(paper.written, form)
        };
        let code = if paper.has(Plant::NoCode) { String::new() } else { paper.code() };
        let main = paper.main.map(|main| main.to_string()).unwrap_or_default();
        let mut line = format!(
            "{};{};{code};{register};{classification};{kind};{day};tiedostot\\{year}\\{name}.{ending};{main}",
            source_id(&paper),
            paper.client.number,
        );
        if paper.has(Plant::Surplus) {
            line.push_str(";ylimääräinen");
        }
        line.push_str("\r\n");
        index.write_all(&dos(&line))?;
    }
    // What nobody entered in the index.
    for number in 0..strays {
        fs::write(folder.join("TIEDOSTOT").join(format!("TUNTEMATON{number}.PDF")), b"?")?;
        tally.strays += 1;
    }
    index.flush()?;
    clients.flush()?;
    Ok(tally.done())
}

/// The owners of the register, one after another.
fn owner(written: FinnishDay) -> &'static str {
    match written.year() {
        ..2009 => "Niittysalon kunta",
        2009..2023 => "Suvannon kuntayhtymä",
        _ => "Suvannon hyvinvointialue",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

pub(super) fn kaisla(stories: Stories<'_>, out: &Path) -> io::Result<Delivered> {
    let mut zip = ZipWriter::new(file(&out.join("delivery.zip"))?);
    let options = SimpleFileOptions::default().unix_permissions(0o644);
    let mut index = Vec::from(
        &b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<vienti jarjestelma=\"Kaisla\">\n"[..],
    );
    let mut tally = Tally::default();
    let files = Files::new();
    let strays = if stories.faulty > 0 { 2 } else { 0 };
    for paper in stories {
        tally.row(tally.rows + 1, &paper);
        let form = Form::of(SourceSystem::Kaisla, Form::Xhtml, file_number(&paper));
        let name = format!("sisalto/{}.{}", file_number(&paper), form.ending());
        if !paper.has(Plant::MissingFile) && !paper.has(Plant::SameFile) {
            zip.start_file(&*name, options)?;
            zip.write_all(&tally.file(files.bytes(&paper, form)))?;
        }
        let person = &paper.client.person;
        // No old system knows what the archive calls an active relationship; this one does not pretend to.
        let state = match &paper.client.standing {
            Standing::Ended => "paattynyt",
            Standing::Deceased => "kuollut",
            Standing::Active(_) => "voimassa",
        };
        let code = if paper.has(Plant::WrongCode) { "010190-999".to_owned() } else { paper.code() };
        let day = if paper.has(Plant::ImpossibleDay) {
            "2011-06-31".to_owned()
        } else {
            paper.written.to_string()
        };
        let kind = if paper.has(Plant::UnknownType) { "muu" } else { TYPES[paper.kind].0 };
        let (register, _) = register(paper.task);
        let mut family: Vec<u8> = escaped(&person.family_name).into_bytes();
        if paper.has(Plant::Undecodable) {
            // Windows-1252 in the middle of UTF-8.
            family.extend(b"\xE4l\xE4");
        }
        let mut text = String::new();
        let _ = write!(
            text,
            "<asiakirja tunnus=\"{}\"><rekisteri omistaja=\"{}\">{register}</rekisteri>\
             <luokitus>{}</luokitus><laji>{kind}</laji><laadittu>{day}</laadittu><tiedosto>{name}</tiedosto>",
            source_id(&paper),
            escaped(owner(paper.written)),
            classification(paper.written),
        );
        if let Some(main) = paper.main {
            let _ = write!(text, "<paaasiakirja>{main}</paaasiakirja>");
        }
        let _ = write!(text, "<asiakas tila=\"{state}\"><hetu>{code}</hetu><sukunimi>");
        index.extend(text.as_bytes());
        index.extend(family);
        let given = escaped(&person.given_names);
        let rest = format!("</sukunimi><etunimet>{given}</etunimet></asiakas></asiakirja>\n");
        index.extend(rest.as_bytes());
    }
    index.extend(b"</vienti>\n");
    for number in 0..strays {
        zip.start_file(format!("sisalto/luonnos{number}.xhtml"), options)?;
        tally.strays += 1;
    }
    zip.start_file("vienti.xml", options)?;
    zip.write_all(&index)?;
    zip.finish()?.flush()?;
    Ok(tally.done())
}

pub(super) fn portti(stories: Stories<'_>, out: &Path) -> io::Result<Delivered> {
    let folder = out.join("delivery");
    fs::create_dir_all(&folder)?;
    let files = Files::new();
    let mut index = file(&folder.join("asiakirjat.jsonl"))?;
    index.write_all(&[0xFF, 0xFE])?;
    let mut tally = Tally::default();
    for paper in stories {
        tally.row(tally.rows + 1, &paper);
        let usual = if paper.kind % 2 == 0 { Form::Pdf } else { Form::Xhtml };
        let form = Form::of(SourceSystem::Portti, usual, content_number(&paper));
        let (kind, _) = TYPES[paper.kind];
        // A folder for each client and document; the files in them have equal names.
        let last = format!("{}.{}", kind.to_lowercase(), form.ending());
        let within = format!("{}/{}", paper.client.number, paper.of_client);
        // Nobody can tell which of the files is meant, and so this one is nobody's.
        let is_ambiguous = paper.has(Plant::Ambiguous);
        tally.strays += u64::from(is_ambiguous);
        let name = if is_ambiguous { last.clone() } else { format!("{within}/{last}") };
        if !paper.has(Plant::MissingFile) {
            let within = folder.join(&within);
            fs::create_dir_all(&within)?;
            fs::write(within.join(&last), tally.file(files.bytes(&paper, form)))?;
        }
        let person = &paper.client.person;
        let code =
            if paper.has(Plant::WrongCode) { "999999-9999".to_owned() } else { paper.code() };
        let code = (!paper.has(Plant::NoCode)).then_some(code);
        let kind = if paper.has(Plant::UnknownType) { "?" } else { kind };
        let (state, relationship) = match &paper.client.standing {
            Standing::Ended => ("ended", None),
            Standing::Deceased => ("deceased", None),
            Standing::Active(relationship) => ("active", Some(relationship)),
        };
        let line = json!({
            "id": source_id(&paper),
            "asiakas": {
                "numero": paper.client.number, "tunnus": code, "sukunimi": person.family_name,
                "etunimet": person.given_names, "tila": state, "asiakkuus": relationship,
            },
            "rekisteri": register(paper.task).0,
            "laji": kind,
            "laadittu": format!("{}T08:30:00", paper.written),
            "tiedosto": name,
            "liittyy": paper.main,
        });
        let text = format!("{line}\n");
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        index.write_all(&units)?;
    }
    index.flush()?;
    Ok(tally.done())
}

/// The mapping of the registers that all three systems have: their task of 2016, and the original one by the
/// classification, as the source says it or as it follows from the day.
fn tasks(register: &str, classifications: [&str; 2]) -> String {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "service_task = {{ column = \"{register}\", codes = {{ ELATUS = \"25\", KOTIPALVELU = \"23\", \
         \"PERHETYÖ\" = \"24\", TOIMEENTULO = \"26\" }} }}\noriginal_service_task = ["
    );
    let tasks = [("1989:10", "1989:13"), ("2011:12", "2011:17")];
    for (when, (law, other)) in classifications.into_iter().zip(tasks) {
        let _ = writeln!(
            text,
            "  {{ when = {{ {when} }}, column = \"{register}\", \
             codes = {{ ELATUS = \"{law}\" }}, otherwise = \"{other}\" }},"
        );
    }
    text.push_str("]\n");
    text
}

/// The classifications by the day, of a system that never kept which one it was.
const BY_DAY: [&str; 2] = [
    "written_at = { before = \"2011-01-01\" }",
    "written_at = { from = \"2011-01-01\", before = \"2016-03-01\" }",
];

/// The mapping file that fits a system's deliveries.
pub(super) fn mapping(system: SourceSystem, county: &County) -> String {
    let own = &county.organisations()[0];
    let types: Vec<String> =
        TYPES.iter().map(|(name, code)| format!("\"{name}\" = \"{code}\"")).collect();
    let types = types.join(", ");
    let head = format!(
        "# How the deliveries of the system {name} become documents of the archive.\nform = 1\n\
         source = \"{name}\"\nbatch = \"1\"\ncreated_at = \"2026-11-20T12:00:00+02:00\"\n\
         node = \"{id}.11.2026\"\njoined_on = \"{joined}\"\n\n",
        name = system.name(),
        id = own.id,
        joined = joined(),
    );
    let parties = format!(
        "\"controller.id\" = {{ constant = \"{id}\" }}\n\"controller.name\" = {{ constant = \"{name}\" }}\n\
         \"operating_unit.id\" = {{ constant = \"{unit}\" }}\n\"operating_unit.name\" = {{ constant = \"{name}\" }}\n",
        id = own.id,
        name = own.name,
        unit = own.operating_unit,
    );
    let body = match system {
        SourceSystem::Aamu => format!(
            "[convert]\nkinds = [\"text\", \"tiff\", \"jpeg\", \"docx\", \"rtf\"]\nencoding = \"cp850\"\n\n[index]\nfile = \"ASIAKIRJAT.CSV\"\nform = \"csv\"\nseparator = \";\"\nencoding = \"cp850\"\n\n\
             [beside.asiakas]\nfile = \"ASIAKKAAT.CSV\"\nform = \"csv\"\nencoding = \"cp850\"\n\
             key = \"ASNRO\"\non = \"ASNRO\"\n\n[document]\ndocument = {{ column = \"DOKNRO\" }}\n\
             file = {{ column = \"TIEDOSTO\" }}\nmain_document = {{ column = \"PAAASIAKIRJA\" }}\n\
             client = {{ column = \"ASNRO\" }}\n\"client.identity_code\" = {{ column = \"HETU\" }}\n\
             \"client.family_name\" = {{ column = \"asiakas.NIMI\", take = \"first\" }}\n\
             \"client.given_names\" = {{ column = \"asiakas.NIMI\", take = \"rest\" }}\n\
             client_state = {{ column = \"asiakas.TILA\", codes = {{ P = \"ended\", K = \"deceased\", V = \"active\" }} }}\n\
             relationship_id = {{ column = \"asiakas.ASIAKKUUS\" }}\n\
             written_at = {{ column = \"PVM\", day = [\"%d.%m.%Y\", \"%Y-%m-%d\", \"%Y%m%d\", \"%d/%m %Y\"] }}\n\
             general_type = {{ column = \"LAJI\", codes = {{ {types} }} }}\n{}{parties}",
            tasks("REKISTERI", ["LUOKITUS = \"1989\"", "LUOKITUS = \"2011\""]),
        ),
        SourceSystem::Kaisla => format!(
            "[convert]\nkinds = [\"html\", \"xhtml\", \"docx\", \"rtf\"]\n\n[index]\nfile = \"vienti.xml\"\nform = \"xml\"\nrow = \"asiakirja\"\n\n[document]\n\
             document = {{ column = \"@tunnus\" }}\nfile = {{ column = \"tiedosto\" }}\n\
             main_document = {{ column = \"paaasiakirja\", optional = true }}\n\
             \"client.identity_code\" = {{ column = \"asiakas/hetu\" }}\n\
             \"client.family_name\" = {{ column = \"asiakas/sukunimi\" }}\n\
             \"client.given_names\" = {{ column = \"asiakas/etunimet\" }}\n\
             client_state = {{ column = \"asiakas/@tila\", codes = {{ paattynyt = \"ended\", kuollut = \"deceased\", voimassa = \"active\" }} }}\n\
             written_at = {{ column = \"laadittu\", day = \"%Y-%m-%d\" }}\n\
             general_type = {{ column = \"laji\", codes = {{ {types} }} }}\n{}\
             # The register went from the municipality to a joint authority and then to the county (OLD-6).\n\
             \"controller.id\" = {{ column = \"rekisteri/@omistaja\", codes = {{ \"Niittysalon kunta\" = \"{id}\", \
             \"Suvannon kuntayhtymä\" = \"{id}\", \"Suvannon hyvinvointialue\" = \"{id}\" }} }}\n\
             \"controller.name\" = {{ constant = \"{name}\" }}\n\
             \"operating_unit.id\" = {{ constant = \"{unit}\" }}\n\"operating_unit.name\" = {{ constant = \"{name}\" }}\n",
            tasks("rekisteri", ["luokitus = \"1989\"", "luokitus = \"2011\""]),
            id = own.id,
            name = own.name,
            unit = own.operating_unit,
        ),
        SourceSystem::Portti => format!(
            "[convert]\nkinds = [\"html\", \"jpeg\", \"docx\", \"rtf\"]\n\n[index]\nfile = \"asiakirjat.jsonl\"\nform = \"jsonl\"\nencoding = \"utf-16le\"\n\n[document]\n\
             document = {{ column = \"id\" }}\nfile = {{ column = \"tiedosto\" }}\n\
             main_document = {{ column = \"liittyy\" }}\nclient = {{ column = \"asiakas.numero\" }}\n\
             \"client.identity_code\" = {{ column = \"asiakas.tunnus\" }}\n\
             \"client.family_name\" = {{ column = \"asiakas.sukunimi\" }}\n\
             \"client.given_names\" = {{ column = \"asiakas.etunimet\" }}\n\
             client_state = {{ column = \"asiakas.tila\" }}\n\
             relationship_id = {{ column = \"asiakas.asiakkuus\" }}\n\
             written_at = {{ column = \"laadittu\" }}\n\
             general_type = {{ column = \"laji\", codes = {{ {types} }} }}\n{}{parties}",
            tasks("rekisteri", BY_DAY),
        ),
    };
    format!("{head}{body}")
}
