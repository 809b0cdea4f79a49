//! The operations beside the bare engine.

use std::path::Path;
use std::sync::Mutex;

use varanto_app::archive::DocumentQuery;
use varanto_app::{App, AppOptions, ServerPlace};
use varanto_domain::access::Purpose;
use varanto_kit::county::CountySize;
use varanto_kit::postgres::Server;

use crate::Sizes;
use crate::bare::{Bare, Bytes};
use crate::bare_postgres::BarePostgres;
use crate::measure::{Run, run};
use crate::world::{Prepared, World};

type Failure = Box<dyn std::error::Error>;

/// Archive, open and list at each number of callers, beside the bare engine.
pub(crate) fn operations(sizes: &Sizes) -> Result<(), Failure> {
    let temporary = tempfile::tempdir()?;
    let folder = sizes.dir.clone().unwrap_or_else(|| temporary.path().to_owned());
    let levels = sizes.callers.len() as u64;
    let wanted = usize::try_from(sizes.documents * levels)?;
    let clients = u32::try_from(sizes.documents * levels / 8)?.max(200);
    let documents = sizes.documents * levels * 2;
    let place = AppOptions::in_folder(folder.join("archive"));
    let world = World::open(&place, CountySize { clients, documents })?;
    let prepared = world.prepare(clients, wanted)?;
    println!("{}", described(&prepared));
    std::fs::create_dir_all(&folder)?;
    let bare = Bare::open(&folder)?;
    beside(&world, &prepared, sizes, |part, callers, level| bare_run(&bare, part, callers, level));
    bare.close();
    let contents = world.app.contents()?;
    // Closing folds the write-ahead log into the database.
    world.app.close();
    let bytes = folder_bytes(&folder.join("archive"));
    println!(
        "\n{} versions, {:.0} bytes of content each as sent, {:.0} bytes of store each",
        contents.versions,
        contents.content_bytes as f64 / contents.versions as f64,
        bytes as f64 / contents.versions as f64
    );
    Ok(())
}

/// The archive beside a peer, at each number of callers.
fn beside(
    world: &World,
    prepared: &[Prepared],
    sizes: &Sizes,
    peer: impl Fn(&[Prepared], usize, usize) -> Run,
) {
    let per_level = prepared.len() / sizes.callers.len();
    for (level, callers) in sizes.callers.iter().enumerate() {
        let part = &prepared[level * per_level..(level + 1) * per_level];
        println!("\n{callers} callers, {per_level} documents");
        let peer = peer(part, *callers, level);
        let ours = archive_run(world, part, *callers);
        println!("  ratio to the bare engine: {:.2}", ours.rate() / peer.rate());
        look_runs(world, part, *callers);
    }
}

/// The same on PostgreSQL: a durable server of its own, beside bare PostgreSQL on the same server. The CPU is that of
/// this process; what the server uses is not in it.
pub(crate) fn on_postgres(sizes: &Sizes) -> Result<(), Failure> {
    let temporary = tempfile::tempdir()?;
    let folder = sizes.dir.clone().unwrap_or_else(|| temporary.path().to_owned());
    let levels = sizes.callers.len() as u64;
    let wanted = usize::try_from(sizes.documents * levels)?;
    let clients = u32::try_from(sizes.documents * levels / 8)?.max(200);
    let documents = sizes.documents * levels * 2;
    let server = Server::start(true)?;
    let url = server.address(&server.create(None)?);
    let server_place = Some(ServerPlace { url, password_file: None, authority: None });
    let place = AppOptions { server: server_place, ..AppOptions::in_folder(folder) };
    let world = World::open(&place, CountySize { clients, documents })?;
    let prepared = world.prepare(clients, wanted)?;
    println!("{}", described(&prepared));
    let bare = BarePostgres::open(&server.address(&server.create(None)?))?;
    beside(&world, &prepared, sizes, |part, callers, level| bare.run(part, callers, level));
    world.app.close();
    Ok(())
}

fn described(prepared: &[Prepared]) -> String {
    let bytes: usize = prepared
        .iter()
        .map(|one| one.submission.parts.iter().map(|(_, bytes)| bytes.len()).sum::<usize>())
        .sum();
    format!(
        "{} structured client documents, {:.0} bytes of content each",
        prepared.len(),
        bytes as f64 / prepared.len().max(1) as f64
    )
}

pub(crate) fn bare_run(bare: &Bare, part: &[Prepared], callers: usize, level: usize) -> Run {
    bare_run_of(bare, part.iter().map(bare_body), callers, level)
}

/// A document as the bare engine stores it: metadata and body.
pub(crate) fn bare_body(one: &Prepared) -> (Bytes, Bytes) {
    let body = one.submission.parts.iter().flat_map(|(_, bytes)| bytes.clone());
    (one.submission.metadata.clone().into(), body.collect::<Vec<u8>>().into())
}

/// The bare engine with these bytes, each as metadata and body.
pub(crate) fn bare_run_of(
    bare: &Bare,
    bodies: impl Iterator<Item = (Bytes, Bytes)>,
    callers: usize,
    level: usize,
) -> Run {
    let bodies: Vec<(Bytes, Bytes)> = bodies.collect();
    let groups = bare.groups();
    let count = bodies.len() as u64;
    let first = level as u64 * 10_000_000;
    let jobs = bare.caller();
    let done = run(callers, count, std::process::id(), |number| {
        let (metadata, body) = &bodies[usize::try_from(number).expect("an index")];
        let client = spread(number) % 5000;
        let case = spread(number + 1) % 10_000;
        Bare::store(&jobs, (first + number, client, case), metadata, body);
    });
    println!(
        "  bare engine  {}  fsyncs {:.3}",
        done.row(),
        (bare.groups() - groups) as f64 / count as f64
    );
    done
}

/// Numbers that hop about, the same in every run.
pub(crate) fn spread(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 17
}

fn archive_run(world: &World, part: &[Prepared], callers: usize) -> Run {
    // Handed over like the bare engine's, not copied while the time runs.
    let waiting: Vec<_> = part.iter().map(|one| Mutex::new(Some(one.submission.clone()))).collect();
    let before = world.app.store_metrics();
    let count = part.len() as u64;
    let done = run(callers, count, std::process::id(), |number| {
        let one = &waiting[usize::try_from(number).expect("an index")];
        let submission = one.lock().expect("no caller broke down").take().expect("once each");
        world
            .app
            .archive_document(&world.caller, submission)
            .expect("a prepared document is archived");
    });
    let groups = world.app.store_metrics().groups - before.groups;
    println!("  archive      {}  fsyncs {:.3}", done.row(), groups as f64 / count as f64);
    done
}

fn look_runs(world: &World, part: &[Prepared], callers: usize) {
    let at =
        |number: u64| &part[usize::try_from(spread(number) % part.len() as u64).expect("an index")];
    let count = (part.len() as u64).min(8000);
    let opened = run(callers, count, std::process::id(), |number| {
        world
            .app
            .open_content(&world.caller, &at(number).document, None, Purpose::READ)
            .expect("an archived document opens");
    });
    println!("  open         {}", opened.row());
    let listed =
        run(callers, count, std::process::id(), |number| list(&world.app, world, at(number)));
    println!("  list         {}", listed.row());
}

fn list(app: &App, world: &World, one: &Prepared) {
    let query = DocumentQuery {
        client: Some(one.client.clone()),
        limit: DocumentQuery::USUAL,
        ..DocumentQuery::default()
    };
    app.find_documents(&world.caller, &query).expect("a client's documents are listed");
}

/// How opening and listing stand at growing sizes of the store.
pub(crate) fn growth(sizes: &[u64], looks: u64, dir: Option<&Path>) -> Result<(), Failure> {
    const PER_CLIENT: u64 = 20;
    let temporary = tempfile::tempdir()?;
    let folder = dir.unwrap_or(temporary.path());
    let largest = sizes.iter().max().copied().unwrap_or(10_000);
    let clients = u32::try_from(largest / PER_CLIENT)?;
    let size = CountySize { clients, documents: largest };
    let world = World::open(&AppOptions::in_folder(folder.join("archive")), size)?;
    let mut from = 0;
    for wanted in sizes {
        let to = u32::try_from(wanted / PER_CLIENT)?.min(clients);
        let began = std::time::Instant::now();
        // A store of a run before is taken as it is.
        let there = world.app.contents()?.versions >= *wanted;
        let loaded = if there { 0 } else { world.load(from..to, 8)? };
        let wall = began.elapsed().as_secs_f64();
        from = to;
        let contents = world.app.contents()?;
        let bytes = folder_bytes(&folder.join("archive"));
        println!(
            "\n{} documents of {} clients; {loaded} loaded at {:.0}/s; {:.0} bytes of content, {:.0} of store each",
            contents.versions,
            contents.clients,
            loaded as f64 / wall,
            contents.content_bytes as f64 / contents.versions as f64,
            bytes as f64 / contents.versions as f64
        );
        let people: Vec<_> = (0..to).step_by((to as usize / 2000).max(1)).collect();
        for callers in [1, 16] {
            let listed = run(callers, looks, std::process::id(), |number| {
                let place = usize::try_from(spread(number)).expect("an index") % people.len();
                let person = world.county.client(people[place]);
                let query = DocumentQuery {
                    client: Some(varanto_domain::ids::ClientIdentifier::Code(person.code)),
                    limit: DocumentQuery::USUAL,
                    ..DocumentQuery::default()
                };
                world.app.find_documents(&world.caller, &query).expect("documents are listed");
            });
            println!("  list, {callers:>2} callers  {}", listed.row());
        }
    }
    Ok(())
}

fn folder_bytes(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries.flatten().filter_map(|entry| entry.metadata().ok()).map(|found| found.len()).sum()
}
