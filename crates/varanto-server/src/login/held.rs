//! What a session holds, and how it is printed to be kept: JSON of our own, read by nobody else, sealed under the secret in
//! the browser's cookie.

use serde::{Deserialize, Serialize};
use varanto_domain::access::{Purpose, Reason, Role, Situation};
use varanto_domain::ids::{ClientIdentifier, Oid, PersonalIdentityCode, TemporaryIdentifier};
use varanto_domain::time::Instant;

use varanto_app::archive::LookedAt;

use super::random_word;
use crate::tokens::{LoggedIn, LoggedInAs, Person};

/// How many clients one session has open; beyond it those are closed that were not looked at for longest.
const MOST_CLIENTS: usize = 40;

/// What a session holds of one person at the pages.
pub struct Held {
    /// Who logged in.
    pub logged_in: LoggedIn,
    /// What every form of the session must carry.
    pub form_token: String,
    /// Which of the positions of a professional was chosen; `None`: it is still to be.
    position: Option<usize>,
    /// The one looked at last stands last.
    clients: Vec<OpenClient>,
    receipts: Vec<SaidReceipt>,
}

/// The receipt of what a citizen said in this session.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each field is what its name says")]
pub struct SaidReceipt {
    /// The word of the client whose will it is.
    pub client: String,
    pub document: Oid,
    pub version: u32,
    pub archived_at: Instant,
}

/// A client whose pages a session has open. Addresses name it by a word that means nothing outside the session.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenClient {
    /// The word.
    pub handle: String,
    /// Who.
    pub client: ClientIdentifier,
    /// In which situation; `None`: the asker's usual one.
    pub situation: Option<Situation>,
    /// For which reason the client's documents are looked at, once one was given.
    pub reason: Option<Reason>,
}

impl OpenClient {
    /// What a look at the client's documents says.
    #[must_use]
    pub fn purpose(&self) -> Purpose {
        Purpose { situation: self.situation, reason: self.reason, ..Purpose::READ }
    }

    /// A document as this client's: what is said here of the look is said of this client's documents alone.
    #[must_use]
    pub const fn looked_at<'a>(&'a self, document: &'a Oid) -> LookedAt<'a> {
        LookedAt { document, of: Some(&self.client) }
    }
}

impl std::fmt::Debug for OpenClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OpenClient(***)")
    }
}

impl Held {
    /// What a new session holds.
    #[must_use]
    pub(super) fn of(logged_in: LoggedIn) -> Self {
        let position = match &logged_in.who {
            LoggedInAs::Professional(positions) => (positions.len() == 1).then_some(0),
            LoggedInAs::Citizen { .. } => None,
        };
        let (clients, receipts) = (Vec::new(), Vec::new());
        Self { logged_in, form_token: random_word(), position, clients, receipts }
    }

    /// What it holds in one of a professional's positions: no client is open, for who may do other things is another
    /// caller. `None` for a position that the login did not tell.
    #[must_use]
    pub(super) fn in_position(&self, position: usize) -> Option<Self> {
        self.positions().get(position)?;
        Some(Self { position: Some(position), ..Self::of(self.logged_in.clone()) })
    }

    /// The professional, in the position that was chosen; `None` for citizens, and before it is chosen.
    #[must_use]
    pub fn professional(&self) -> Option<&Person> {
        self.positions().get(self.position?)
    }

    /// The role of a professional's position.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        self.professional().and_then(|person| Role::of_code(&person.role))
    }

    /// Whether it is a citizen's.
    #[must_use]
    pub const fn is_citizens(&self) -> bool {
        matches!(self.logged_in.who, LoggedInAs::Citizen { .. })
    }

    /// The positions of a professional.
    #[must_use]
    pub fn positions(&self) -> &[Person] {
        match &self.logged_in.who {
            LoggedInAs::Professional(positions) => positions,
            LoggedInAs::Citizen { .. } => &[],
        }
    }

    /// The client that a word names.
    #[must_use]
    pub fn client(&self, handle: &str) -> Option<&OpenClient> {
        self.clients.iter().find(|one| one.handle == handle)
    }

    /// The client, where its pages are open in the situation.
    pub(super) fn known(
        &self,
        client: &ClientIdentifier,
        situation: Option<Situation>,
    ) -> Option<&OpenClient> {
        self.clients.iter().find(|one| one.client == *client && one.situation == situation)
    }

    /// Whether a client is among those that are closed before others, so that a look at it is to be noted.
    pub(super) fn is_among_the_first(&self, handle: &str) -> bool {
        let newer = self.clients.iter().rev().take(MOST_CLIENTS / 2);
        self.client(handle).is_some() && !newer.into_iter().any(|one| one.handle == handle)
    }

    /// Notes that a client was looked at.
    pub(super) fn look_at(&mut self, handle: &str) {
        if let Some(place) = self.clients.iter().position(|one| one.handle == handle) {
            let found = self.clients.remove(place);
            self.clients.push(found);
        }
    }

    /// Opens a client's pages. Answers the word that addresses name them by; the same client in the same situation keeps
    /// its word.
    pub(super) fn open_client(
        &mut self,
        client: &ClientIdentifier,
        situation: Option<Situation>,
    ) -> String {
        if let Some(known) = self.known(client, situation) {
            return known.handle.clone();
        }
        if self.clients.len() >= MOST_CLIENTS {
            self.clients.remove(0);
        }
        let mut handle = random_word();
        handle.truncate(16);
        let (word, client) = (handle.clone(), client.clone());
        self.clients.push(OpenClient { handle: word, client, situation, reason: None });
        handle
    }

    /// From now on the client's documents are looked at for a reason, or for none.
    pub(super) fn look_because(&mut self, handle: &str, reason: Option<Reason>) {
        if let Some(client) = self.clients.iter_mut().find(|one| one.handle == handle) {
            client.reason = reason;
        }
    }

    /// Keeps a receipt for as long as the session lasts.
    pub(super) fn keep_receipt(&mut self, receipt: SaidReceipt) {
        if self.receipts.len() >= MOST_CLIENTS {
            self.receipts.remove(0);
        }
        self.receipts.push(receipt);
    }

    /// The receipt of a document of a client's will, of what was said in this session.
    #[must_use]
    pub fn receipt(&self, client: &str, document: &Oid) -> Option<SaidReceipt> {
        let mut receipts = self.receipts.iter();
        receipts.find(|one| one.client == client && one.document == *document).cloned()
    }

    /// Prints it.
    pub(super) fn write(&self) -> Vec<u8> {
        let (given_names, family_name) =
            (self.logged_in.given_names.clone(), self.logged_in.family_name.clone());
        let who = match &self.logged_in.who {
            LoggedInAs::Professional(positions) => Who::Professional(positions.clone()),
            LoggedInAs::Citizen { code, strong } => {
                Who::Citizen { code: code.reveal().to_owned(), strong: *strong }
            }
        };
        let clients = self.clients.iter().map(PrintedClient::of).collect();
        let receipts = self.receipts.iter().map(PrintedReceipt::of).collect();
        let (form_token, position) = (self.form_token.clone(), self.position);
        let printed =
            Printed { given_names, family_name, who, form_token, position, clients, receipts };
        serde_json::to_vec(&printed).expect("texts and numbers print")
    }

    /// Reads what [`Held::write`] printed; `None` for anything else.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let read: Printed = serde_json::from_slice(bytes).ok()?;
        let who = match read.who {
            Who::Professional(positions) => LoggedInAs::Professional(positions),
            Who::Citizen { code, strong } => {
                LoggedInAs::Citizen { code: PersonalIdentityCode::parse(&code).ok()?, strong }
            }
        };
        let (given_names, family_name) = (read.given_names, read.family_name);
        Some(Self {
            logged_in: LoggedIn { given_names, family_name, who },
            form_token: read.form_token,
            position: read.position,
            clients: read.clients.into_iter().map(PrintedClient::read).collect::<Option<_>>()?,
            receipts: read.receipts.into_iter().map(PrintedReceipt::read).collect::<Option<_>>()?,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct Printed {
    given_names: String,
    family_name: String,
    who: Who,
    form_token: String,
    position: Option<usize>,
    clients: Vec<PrintedClient>,
    receipts: Vec<PrintedReceipt>,
}

#[derive(Serialize, Deserialize)]
enum Who {
    Professional(Vec<Person>),
    Citizen { code: String, strong: bool },
}

#[derive(Serialize, Deserialize)]
struct PrintedClient {
    handle: String,
    /// The issuing node of a temporary identifier; `None`: it is an identity code.
    root: Option<String>,
    identifier: String,
    situation: Option<String>,
    reason: Option<String>,
}

impl PrintedClient {
    fn of(client: &OpenClient) -> Self {
        let (root, identifier) = match &client.client {
            ClientIdentifier::Code(code) => (None, code.reveal()),
            ClientIdentifier::Temporary(one) => (Some(one.root().to_string()), one.reveal()),
        };
        Self {
            handle: client.handle.clone(),
            root,
            identifier: identifier.to_owned(),
            situation: client.situation.map(|one| one.code().to_owned()),
            reason: client.reason.map(|one| one.code().to_owned()),
        }
    }

    fn read(self) -> Option<OpenClient> {
        let client = match self.root {
            None => ClientIdentifier::Code(PersonalIdentityCode::parse(&self.identifier).ok()?),
            Some(root) => {
                let root = Oid::parse(&root).ok()?;
                let temporary = TemporaryIdentifier::new(&root, &self.identifier).ok()?;
                ClientIdentifier::Temporary(temporary)
            }
        };
        let situation = match self.situation {
            Some(code) => Some(Situation::of_code(&code)?),
            None => None,
        };
        let reason = match self.reason {
            Some(code) => Some(Reason::of_code(&code)?),
            None => None,
        };
        Some(OpenClient { handle: self.handle, client, situation, reason })
    }
}

#[derive(Serialize, Deserialize)]
struct PrintedReceipt {
    client: String,
    document: String,
    version: u32,
    archived_at: i64,
}

impl PrintedReceipt {
    fn of(receipt: &SaidReceipt) -> Self {
        Self {
            client: receipt.client.clone(),
            document: receipt.document.to_string(),
            version: receipt.version,
            archived_at: receipt.archived_at.millis(),
        }
    }

    fn read(self) -> Option<SaidReceipt> {
        Some(SaidReceipt {
            client: self.client,
            document: Oid::parse(&self.document).ok()?,
            version: self.version,
            archived_at: Instant::from_millis(self.archived_at),
        })
    }
}

#[cfg(test)]
mod tests {
    use varanto_domain::access::LookReason;
    use varanto_domain::time::FinnishDay;

    use super::*;

    fn person(unit: &str) -> Person {
        Person {
            sub: "aino".into(),
            role: "worker".into(),
            organisation: "1.2.3".into(),
            unit: Some(unit.into()),
            registration_number: None,
            service_tasks: Some(vec!["24".into()]),
            acr: "strong".into(),
        }
    }

    fn aino(units: &[&str]) -> LoggedIn {
        LoggedIn {
            given_names: "Aino".into(),
            family_name: "Esimerkki".into(),
            who: LoggedInAs::Professional(units.iter().map(|unit| person(unit)).collect()),
        }
    }

    fn code(number: u16) -> ClientIdentifier {
        let day = FinnishDay::parse("1980-01-01").unwrap();
        ClientIdentifier::Code(PersonalIdentityCode::compose(day, number).unwrap())
    }

    fn temporary() -> ClientIdentifier {
        let root = Oid::parse("1.2.246.10.99900011.22.2026").unwrap();
        ClientIdentifier::Temporary(TemporaryIdentifier::new(&root, "010180-9AAA").unwrap())
    }

    /// ACC-2: a position is chosen from those of the login, and holds no client that was open in another.
    #[test]
    fn another_position_holds_no_client_of_the_one_before() {
        let mut first = Held::of(aino(&["1", "2"]));
        assert!(first.professional().is_none(), "it is to be chosen");
        let handle = first.open_client(&code(900), None);
        assert!(first.in_position(2).is_none());
        let second = first.in_position(1).unwrap();
        assert_eq!(second.professional().unwrap().unit.as_deref(), Some("2"));
        assert!(second.client(&handle).is_none());
        assert_ne!(second.form_token, first.form_token);
        assert!(Held::of(aino(&["1"])).professional().is_some(), "there is one to be in");
    }

    /// CAS-1: of very many open clients those are closed that were not looked at for longest, never the one in use.
    #[test]
    fn the_client_in_use_stays_open() {
        let mut held = Held::of(aino(&["1"]));
        let (first, second) =
            (held.open_client(&code(900), None), held.open_client(&code(901), None));
        let mut noted = 0;
        for number in 902..902 + u16::try_from(2 * MOST_CLIENTS).unwrap() {
            held.open_client(&code(number), None);
            if held.is_among_the_first(&first) {
                held.look_at(&first);
                noted += 1;
            }
            assert!(held.client(&first).is_some(), "{number}");
        }
        assert!(held.client(&second).is_none() && held.clients.len() == MOST_CLIENTS);
        assert_eq!(noted, 4, "each twentieth look is noted, not all of them");
        assert!(!held.is_among_the_first("unknown"));
    }

    /// D8: addresses name a client by a word of the session, which says nothing of the client.
    #[test]
    fn a_client_is_named_by_a_word_of_the_session() {
        let (mut one, other) = (Held::of(aino(&["1"])), Held::of(aino(&["1"])));
        let handle = one.open_client(&code(900), None);
        assert_eq!(one.open_client(&code(900), None), handle);
        assert_ne!(one.open_client(&code(900), Some(Situation::Disclosure)), handle);
        assert!(other.client(&handle).is_none());
        assert!(!handle.contains("010180"));
    }

    #[test]
    fn what_a_session_holds_reads_back_as_it_was_printed() {
        let mut held = Held::of(aino(&["1", "2"])).in_position(1).unwrap();
        let handle = held.open_client(&code(900), Some(Situation::Disclosure));
        held.look_because(&handle, Some(Reason::Look(LookReason::Urgent)));
        held.open_client(&temporary(), None);
        let receipt = SaidReceipt {
            client: handle.clone(),
            document: Oid::parse("1.2.3.4").unwrap(),
            version: 2,
            archived_at: Instant::from_millis(1_800_000_000_000),
        };
        held.keep_receipt(receipt.clone());
        let read = Held::read(&held.write()).unwrap();
        assert!(read.logged_in == held.logged_in && read.clients == held.clients);
        assert_eq!((&read.form_token, read.position), (&held.form_token, Some(1)));
        assert_eq!(read.receipt(&handle, &receipt.document), Some(receipt));

        let ClientIdentifier::Code(citizen) = code(901) else { unreachable!() };
        let who = LoggedInAs::Citizen { code: citizen, strong: true };
        let citizen = Held::of(LoggedIn { who, ..aino(&[]) });
        let read = Held::read(&citizen.write()).unwrap();
        assert!(read.logged_in == citizen.logged_in && read.is_citizens());
        for wrong in [&b"{}"[..], b"", &held.write()[1..]] {
            assert!(Held::read(wrong).is_none());
        }
    }
}
