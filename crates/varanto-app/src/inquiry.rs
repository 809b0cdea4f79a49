//! The facts that a decision needs, asked of the store in the snapshot that is read, and the decision.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use varanto_domain::access::log::Actor;
use varanto_domain::access::{
    self, Action, ArchivePermit, Caller, ClientFacts, ContinuePermit, Denial, DestroyPermit,
    Display, DocumentFacts, Grant, InvalidatePermit, LookReason, Purpose, Question, ReadPermit,
    RelationshipSpan, Sector, SeenWith, Situation, Subject, VersionFacts, Who,
};
use varanto_domain::archive::destruction::Over;
use varanto_domain::archive::documents::{DocumentGroup, VersionState};
use varanto_domain::archive::metadata::Metadata;
use varanto_domain::archive::references::Naming;
use varanto_domain::disclosure::{Permissions, Refusals, Refused};
use varanto_domain::ids::{ClientIdentifier, ClientKey, Oid};
use varanto_domain::mandates::{HeldMandate, OF_AGE};
use varanto_domain::persons::{GuardianKind, PersonFacts, is_known_on};
use varanto_domain::relationship::{InCase, Roads};
use varanto_domain::time::{FinnishDay, Instant};
use varanto_formats::metadata;
use varanto_store::{ReadTx, StoreError, VersionRow};

use crate::archive::joint_cases::joint_cases_of_others;
use crate::{App, Registry};

/// The answer of a decision.
type Answer<T> = Result<Result<T, Denial>, StoreError>;

/// What is decided through each client whom a version concerns.
type Answers = Vec<Result<Grant, Denial>>;

/// What was decided of a version.
pub(crate) struct Decided {
    /// Through which client; of a denial, the first of those whom it concerns.
    pub(crate) through: ClientKey,
    /// In which situation.
    pub(crate) situation: Situation,
    /// What.
    pub(crate) answer: Result<Grant, Denial>,
}

/// What the registers of persons and mandates told for one question, and what is kept nowhere.
#[derive(Debug, Clone, Default)]
pub(crate) struct Learnt {
    /// What the mandate register told of clients for the caller.
    mandates: HashMap<ClientKey, Vec<HeldMandate>>,
    /// What the population register told of persons at this moment; `None`: nothing.
    persons: HashMap<ClientKey, Option<PersonFacts>>,
}

/// One caller's questions within one snapshot: what is known of a client is asked once.
pub(crate) struct Inquiry<'a> {
    caller: &'a Caller,
    purpose: Purpose,
    registry: Arc<Registry>,
    now: Instant,
    clients: RefCell<HashMap<ClientKey, Rc<ClientFacts>>>,
    learnt: RefCell<Learnt>,
    joint: RefCell<HashMap<i64, Arc<[InCase]>>>,
    /// Through whom alone versions are asked for, where not through whichever client they concern.
    through: Cell<Option<ClientKey>>,
}

impl App {
    /// A caller's questions, at a moment.
    pub(crate) fn inquiry<'a>(
        &self,
        caller: &'a Caller,
        purpose: Purpose,
        now: Instant,
    ) -> Inquiry<'a> {
        Inquiry::new(caller, purpose, self.registry(), now)
    }
}

impl<'a> Inquiry<'a> {
    pub(crate) fn new(
        caller: &'a Caller,
        purpose: Purpose,
        registry: Arc<Registry>,
        now: Instant,
    ) -> Self {
        let clients = RefCell::default();
        let (learnt, joint) = (RefCell::default(), RefCell::default());
        let through = Cell::new(None);
        Self { caller, purpose, registry, now, clients, learnt, joint, through }
    }

    /// The same questions, asked with what was learnt for them before.
    pub(crate) fn with(self, learnt: Learnt) -> Self {
        Self { learnt: RefCell::new(learnt), ..self }
    }

    /// What was learnt for the questions.
    pub(crate) fn learnt(&self) -> Learnt {
        self.learnt.borrow().clone()
    }

    /// What the caller says of the look.
    pub(crate) const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Whether anything of a client might be shown to the caller: there is a relationship or a case in one of its own
    /// registers, or wills are, a unit of the caller's has or had a right, or the situation asks for none of these. Of anybody else nothing is, and it is not
    /// looked for: how long that takes, and that it takes too long, would tell that the archive knows the client.
    ///
    /// Source: ARC-8, ARC-11, D3.
    pub(crate) fn might_show(
        &self,
        tx: &ReadTx<'_>,
        client: ClientKey,
    ) -> Result<bool, StoreError> {
        let caller = self.caller;
        let asks_for_none = self.purpose.situation == Some(Situation::StatutoryDisclosure)
            || caller.sector == Sector::HealthCare
            || matches!(caller.who, Who::Citizen { .. });
        let keeper = self.registry.registers().keeper_of_wills();
        if asks_for_none || keeper.is_some_and(|one| caller.owns(&one.oid)) {
            return Ok(true);
        }
        let identities = tx.identities_of(client)?;
        for key in &identities {
            let relationships = tx.list_relationships(*key)?;
            let mut rights = tx.list_rights_of_client(*key)?.into_iter().map(|row| row.right);
            if relationships.iter().any(|row| caller.owns(&row.known.controller))
                || rights.any(|right| caller.acts_for(&right.holder, &right.controller))
            {
                return Ok(true);
            }
        }
        let joint = joint_cases_of_others(tx, &identities)?;
        Ok(joint.iter().any(|case| caller.owns(&case.known.controller)))
    }

    /// From now on versions are asked for through this client alone, where no other is named.
    pub(crate) fn narrow_to(&self, through: Option<ClientKey>) {
        self.through.set(through);
    }

    /// The situation that the caller names.
    pub(crate) const fn situation(&self) -> Option<Situation> {
        self.purpose.situation
    }

    /// What the mandate register told of a client.
    pub(crate) fn learn_mandates(&self, client: ClientKey, held: Vec<HeldMandate>) {
        self.learnt.borrow_mut().mandates.insert(client, held);
        self.forget();
    }

    /// What the population register told of somebody at this moment, client or not.
    pub(crate) fn learn_person(&self, client: ClientKey, told: Option<PersonFacts>) {
        self.learnt.borrow_mut().persons.insert(client, told);
        self.forget();
    }

    /// By which key a client is asked for. To a citizen those of whom nothing is archived are asked for like any
    /// other, so that no answer tells whether the archive knows somebody.
    pub(crate) fn client_of(
        &self,
        tx: &ReadTx<'_>,
        identifier: &ClientIdentifier,
    ) -> Result<Option<ClientKey>, StoreError> {
        match (&self.caller.who, identifier) {
            (Who::Citizen { .. }, ClientIdentifier::Code(code)) => {
                tx.key_of_citizen(*code).map(Some)
            }
            _ => tx.find_client(identifier),
        }
    }

    /// Who asks.
    pub(crate) const fn caller(&self) -> &'a Caller {
        self.caller
    }

    /// The day by whose rules it is decided.
    pub(crate) fn today(&self) -> FinnishDay {
        FinnishDay::of(self.now)
    }

    /// The registers, structures and code sets by which it is decided.
    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Where the controllers are between the roads.
    pub(crate) fn roads(&self) -> &Roads {
        self.registry.roads()
    }

    /// The moment at which it is asked.
    pub(crate) const fn now(&self) -> Instant {
        self.now
    }

    /// What is decided of an action on a version. The answer opens nothing.
    pub(crate) fn decide(
        &self,
        tx: &ReadTx<'_>,
        row: &VersionRow,
        action: Action,
    ) -> Result<Decided, StoreError> {
        let decided = Cell::new((row.client, None));
        let answer = self.ask(tx, row, None, |_, question| {
            let answer = access::decide(action, question);
            let (_, situation) = decided.get();
            if answer.is_ok() || situation.is_none() {
                let through = question.client.key.unwrap_or(row.client);
                decided.set((through, Some(question.situation)));
            }
            answer
        })?;
        let (through, situation) = decided.get();
        Ok(Decided { through, situation: situation.expect("a document concerns somebody"), answer })
    }

    /// Whether a client's will may be read or said, as if there were a document that holds nothing back.
    pub(crate) fn decide_of_will(
        &self,
        tx: &ReadTx<'_>,
        client: Option<ClientKey>,
        group: DocumentGroup,
        action: Action,
    ) -> Result<Result<Grant, Denial>, StoreError> {
        self.ask_of_will(tx, client, group, |question| access::decide(action, question))
    }

    /// Asks a rule about a client's will, as if there were a document that holds nothing back.
    pub(crate) fn ask_of_will<T>(
        &self,
        tx: &ReadTx<'_>,
        client: Option<ClientKey>,
        group: DocumentGroup,
        rule: impl FnOnce(&Question<'_>) -> T,
    ) -> Result<T, StoreError> {
        let keeper = self.registry.registers().keeper_of_wills();
        let controller = keeper.map_or(&self.caller.organisation, |keeper| &keeper.oid);
        let known = self.client(tx, client)?;
        let document = DocumentFacts {
            id: controller.clone(),
            set: controller.clone(),
            client,
            controller: controller.clone(),
            unit: None,
            group,
            state: VersionState::InForce,
            service_task: None,
            subject: Subject::Ordinary,
            // Nothing holds back what nobody wrote.
            display: Display::OPEN,
            signed: false,
            written_at: self.now,
            joint: Arc::from([]),
        };
        Ok(rule(&self.question(&document, &known)))
    }

    /// Those who have custody of a client who is a minor today, by the numbers that name them alone; nobody where the
    /// population register's word is not known today.
    ///
    /// Source: CIT-5, DIS-5.
    pub(crate) fn custodians(
        &self,
        tx: &ReadTx<'_>,
        client: ClientKey,
    ) -> Result<Vec<ClientKey>, StoreError> {
        let today = self.today();
        let told = person_facts(tx, tx.person_of(client)?)?;
        let Some((facts, _)) = told.filter(|(_, told_at)| is_known_on(*told_at, today)) else {
            return Ok(Vec::new());
        };
        if facts.born_on.is_none_or(|born| born.years_until(today) >= OF_AGE) {
            return Ok(Vec::new());
        }
        let custody = facts
            .guardians
            .iter()
            .filter(|one| one.kind == GuardianKind::Custody && one.days.contains(today));
        Ok(custody.map(|one| tx.number_of_citizen(one.code)).collect())
    }

    /// Who serves the clients whom a version concerns, in its register: the units of the rights that are known of.
    pub(crate) fn holders(
        &self,
        tx: &ReadTx<'_>,
        row: &VersionRow,
    ) -> Result<Vec<Oid>, StoreError> {
        let mut holders: Vec<Oid> = Vec::new();
        for client in tx.facts(row, self.joint(tx, row)?)?.document.concerned() {
            let client = self.client(tx, Some(client))?;
            let here = client.rights.iter().filter(|right| right.controller == row.controller);
            holders.extend(here.map(|right| right.holder.clone()));
        }
        holders.sort_unstable();
        holders.dedup();
        Ok(holders)
    }

    /// Whether a version may be opened, through whichever client it concerns.
    pub(crate) fn may_read(&self, tx: &ReadTx<'_>, row: &VersionRow) -> Answer<ReadPermit> {
        self.ask(tx, row, None, access::may_read)
    }

    /// Whether a version may be shown in a list, through whichever client it concerns.
    pub(crate) fn may_list(&self, tx: &ReadTx<'_>, row: &VersionRow) -> Answer<ReadPermit> {
        self.ask(tx, row, None, access::may_list)
    }

    /// As [`Inquiry::may_read`], through one client alone; `None`: whichever it concerns.
    pub(crate) fn may_read_through(
        &self,
        tx: &ReadTx<'_>,
        row: &VersionRow,
        through: Option<ClientKey>,
    ) -> Answer<ReadPermit> {
        self.ask(tx, row, through, access::may_read)
    }

    /// As [`Inquiry::may_list`], through one client alone; `None`: whichever it concerns.
    pub(crate) fn may_list_through(
        &self,
        tx: &ReadTx<'_>,
        row: &VersionRow,
        through: Option<ClientKey>,
    ) -> Answer<ReadPermit> {
        self.ask(tx, row, through, access::may_list)
    }

    /// Whether a version may be handed over on request, through one client alone.
    pub(crate) fn may_disclose_through(
        &self,
        tx: &ReadTx<'_>,
        row: &VersionRow,
        through: ClientKey,
    ) -> Answer<ReadPermit> {
        self.ask(tx, row, Some(through), access::may_disclose)
    }

    /// With what more a version would be seen, through one client alone.
    pub(crate) fn seen_with(
        &self,
        tx: &ReadTx<'_>,
        row: &VersionRow,
        through: ClientKey,
    ) -> Answer<Option<SeenWith>> {
        self.ask(tx, row, Some(through), access::seen_with)
    }

    /// Whether a version may be invalidated.
    pub(crate) fn may_invalidate(
        &self,
        tx: &ReadTx<'_>,
        row: &VersionRow,
    ) -> Answer<InvalidatePermit> {
        self.ask(tx, row, Some(row.client), access::may_invalidate)
    }

    /// Whether a version may be destroyed, of a document that is kept no longer.
    pub(crate) fn may_destroy(
        &self,
        tx: &ReadTx<'_>,
        row: &VersionRow,
        over: &Over,
    ) -> Answer<DestroyPermit> {
        self.ask(tx, row, None, |facts, question| access::may_destroy(facts, question, over))
    }

    /// Whether what was sent again may be compared with a version.
    pub(crate) fn may_compare_resent(
        &self,
        tx: &ReadTx<'_>,
        row: &VersionRow,
    ) -> Answer<ReadPermit> {
        self.ask(tx, row, Some(row.client), access::may_compare_resent)
    }

    /// Whether a document may be archived; a new version also whether the one before it is the caller's to
    /// replace. A predecessor that the caller may not even read is unknown to the rules of references, so
    /// that nobody learns from a denial that there is one. Without sound metadata nobody knows which unit
    /// made it.
    pub(crate) fn may_archive(
        &self,
        tx: &ReadTx<'_>,
        naming: &Naming,
        metadata: Option<&Metadata>,
    ) -> Answer<ArchivePermit> {
        let made = metadata.map(Made::of).unwrap_or_default();
        self.may_archive_made(tx, naming, &made)
    }

    /// As [`Inquiry::may_archive`], of a document of which no more is known yet than who makes it.
    pub(crate) fn may_archive_made(
        &self,
        tx: &ReadTx<'_>,
        naming: &Naming,
        made: &Made<'_>,
    ) -> Answer<ArchivePermit> {
        // A system that records into its own organisation's register is asked nothing of the client.
        let plain = self.caller.is_system() && self.caller.owns(&naming.controller);
        let client = if plain { None } else { self.client_of(tx, &naming.client)? };
        let document = facts_of(naming, made, client);
        let known = self.client(tx, client)?;
        let permit =
            match access::may_archive(naming.replaces.is_some(), &self.question(&document, &known))
            {
                Ok(permit) => permit,
                Err(denial) => return Ok(Err(denial)),
            };
        let Some(replaces) = naming.replaces.as_ref().filter(|_| !plain) else {
            return Ok(Ok(permit));
        };
        let earlier = tx.find_version(replaces)?;
        let Some(row) = earlier.filter(|row| row.controller == naming.controller) else {
            return Ok(Ok(permit));
        };
        match self.may_replace(tx, &row)? {
            Err(denial)
                if self.caller.owns(&row.controller) || self.may_read(tx, &row)?.is_ok() =>
            {
                Ok(Err(denial))
            }
            _ => Ok(Ok(permit)),
        }
    }

    /// Whether the next version of a document is the caller's to make, with what the one before says.
    pub(crate) fn may_continue(&self, tx: &ReadTx<'_>, row: &VersionRow) -> Answer<ContinuePermit> {
        self.ask(tx, row, Some(row.client), access::may_continue)
    }

    /// Whether a version is the caller's to replace. Where it stands is for the rules of references.
    pub(crate) fn may_replace(&self, tx: &ReadTx<'_>, row: &VersionRow) -> Answer<()> {
        let facts = tx.facts(row, self.joint(tx, row)?)?.document;
        let facts = DocumentFacts { state: VersionState::InForce, ..facts };
        let client = self.client(tx, facts.client)?;
        Ok(access::may_archive(true, &self.question(&facts, &client)).map(drop))
    }

    /// Asks through one client, or through each whom the version concerns until one answers yes; the denial is
    /// that of the first, whose it is.
    ///
    /// Source: REL-4.
    fn ask<T>(
        &self,
        tx: &ReadTx<'_>,
        row: &VersionRow,
        through: Option<ClientKey>,
        rule: impl Fn(&VersionFacts, &Question<'_>) -> Result<T, Denial>,
    ) -> Answer<T> {
        let mut facts = tx.facts(row, self.joint(tx, row)?)?;
        let mut named = Vec::new();
        for client in facts.document.named() {
            named.push(self.client(tx, Some(client))?);
        }
        let ways = match through.or(self.through.get()) {
            Some(through) => self.ways_of(tx, &facts.document, through)?,
            None => facts.document.concerned(),
        };
        let mut first = None;
        for way in ways {
            let client = self.client(tx, Some(way))?;
            let others = named.iter().filter(|one| one.key != client.key);
            let others: Vec<&ClientFacts> = others.map(Rc::as_ref).collect();
            facts.document.display = self.display(tx, row, &facts, &client, &others)?;
            match rule(&facts, &self.question(&facts.document, &client).beside(&others)) {
                Ok(answer) => return Ok(Ok(answer)),
                Err(denial) => first = first.or(Some(denial)),
            }
        }
        Ok(Err(first.expect("a document concerns somebody")))
    }

    /// By which keys a document may be reached through a client: those of the client's by which it is said whom it
    /// concerns; one of others is asked for by the client's own, and denied.
    ///
    /// Source: REL-4, ARC-11.
    fn ways_of(
        &self,
        tx: &ReadTx<'_>,
        document: &DocumentFacts,
        through: ClientKey,
    ) -> Result<Vec<ClientKey>, StoreError> {
        let client = self.client(tx, Some(through))?;
        let mut ways = document.concerned();
        ways.retain(|way| client.is(*way));
        Ok(if ways.is_empty() { vec![through] } else { ways })
    }

    /// Who is in the joint case of a version, and when.
    fn joint(&self, tx: &ReadTx<'_>, row: &VersionRow) -> Result<Arc<[InCase]>, StoreError> {
        let Some(key) = row.case_key else { return Ok(Arc::from([])) };
        if let Some(known) = self.joint.borrow().get(&key) {
            return Ok(Arc::clone(known));
        }
        let joint: Arc<[InCase]> = tx.list_joint_clients(key)?.into();
        self.joint.borrow_mut().insert(key, Arc::clone(&joint));
        Ok(joint)
    }

    /// How a version is held back stands in its record, which is read for citizens alone, and of those for such
    /// as have a ground to see it: the decision as if nothing were held back says who.
    ///
    /// Source: CIT-3, CIT-4.
    fn display(
        &self,
        tx: &ReadTx<'_>,
        row: &VersionRow,
        facts: &VersionFacts,
        client: &ClientFacts,
        others: &[&ClientFacts],
    ) -> Result<Display, StoreError> {
        if !matches!(self.caller.who, Who::Citizen { .. }) {
            return Ok(Display::UNREAD);
        }
        let document = DocumentFacts { display: Display::OPEN, ..facts.document.clone() };
        let open = VersionFacts { document, ..facts.clone() };
        let question = self.question(&open.document, client).beside(others);
        let Ok(permit) = access::may_read(&open, &question) else { return Ok(Display::OPEN) };
        let record = tx.record_to_mask(&permit, row)?;
        let read = metadata::read(&record);
        Ok(read.map_or(Display::UNREAD, |(raw, _)| Display::of(&raw, self.is_organisers(row))))
    }

    /// Whether a unit of the controller's own made a version. A producer writes in the name of its own units
    /// alone.
    pub(crate) fn is_organisers(&self, row: &VersionRow) -> bool {
        let units = self.registry.units_of(&row.controller);
        row.unit.as_ref().is_some_and(|unit| units.contains(unit))
    }

    fn question<'q>(
        &'q self,
        document: &'q DocumentFacts,
        client: &'q ClientFacts,
    ) -> Question<'q> {
        Question::new(self.caller, document, client, self.purpose, self.today())
    }

    /// The clients whom a version names of whom it is not known today who they are as persons, where the answer
    /// to a look turns on it: were what was told last still known, it would be another.
    pub(crate) fn turns_on_persons(
        &self,
        tx: &ReadTx<'_>,
        row: &VersionRow,
    ) -> Result<Vec<ClientKey>, StoreError> {
        let (unknown, [known, told]) = self.by_the_persons(tx, row, Action::Read)?;
        Ok(if known == told { Vec::new() } else { unknown })
    }

    /// Those of whom it is not known today who they are as persons, where what is shown of a version in a list, or
    /// handed over, turns on it: whether it is, or what of it.
    pub(crate) fn shows_by_persons(
        &self,
        tx: &ReadTx<'_>,
        row: &VersionRow,
        action: Action,
    ) -> Result<Vec<ClientKey>, StoreError> {
        let (unknown, [known, told]) = self.by_the_persons(tx, row, action)?;
        let shown = |answers: Answers| answers.into_iter().map(Result::ok).collect::<Vec<_>>();
        Ok(if shown(known) == shown(told) { Vec::new() } else { unknown })
    }

    /// Those whom a version names of whom it is not known today who they are as persons; what is decided through each
    /// whom it concerns, and what would be, were what was told of all last known today.
    fn by_the_persons(
        &self,
        tx: &ReadTx<'_>,
        row: &VersionRow,
        action: Action,
    ) -> Result<(Vec<ClientKey>, [Answers; 2]), StoreError> {
        // How it is held back is read where it is shown.
        let facts = tx.facts(row, self.joint(tx, row)?)?.document;
        let document = DocumentFacts { display: Display::OPEN, ..facts };
        let (mut known, mut as_if, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
        for client in document.named() {
            let facts = self.client(tx, Some(client))?;
            if facts.person_known {
                as_if.push(Rc::clone(&facts));
            } else {
                unknown.push(facts.identities.first().copied().unwrap_or(client));
                as_if.push(Rc::new(self.facts_of_client(tx, client, PersonIs::TakenAsKnown)?));
            }
            known.push(facts);
        }
        if unknown.is_empty() {
            return Ok((unknown, [Vec::new(), Vec::new()]));
        }
        let answers = |named: &[Rc<ClientFacts>]| {
            let answer = |way: ClientKey| {
                let others = named.iter().filter(|one| one.key != Some(way));
                let others: Vec<&ClientFacts> = others.map(Rc::as_ref).collect();
                let client = named.iter().find(|one| one.key == Some(way));
                let client = client.expect("whom a document concerns it names");
                access::decide(action, &self.question(&document, client).beside(&others))
            };
            document.concerned().into_iter().map(answer).collect()
        };
        Ok((unknown, [answers(&known), answers(&as_if)]))
    }

    /// Forgets what was known: more has come, and with it may have come what else was written since.
    pub(crate) fn forget(&self) {
        self.clients.borrow_mut().clear();
        self.joint.borrow_mut().clear();
    }

    /// What is known of a client; nothing of one of whom nothing is archived.
    fn client(
        &self,
        tx: &ReadTx<'_>,
        client: Option<ClientKey>,
    ) -> Result<Rc<ClientFacts>, StoreError> {
        let Some(client) = client else { return Ok(Rc::new(self.of_nobody())) };
        if let Some(known) = self.clients.borrow().get(&client) {
            return Ok(Rc::clone(known));
        }
        let facts = Rc::new(self.facts_of_client(tx, client, PersonIs::AsTold)?);
        self.clients.borrow_mut().insert(client, Rc::clone(&facts));
        Ok(facts)
    }

    /// What is known of anybody, whatever is archived.
    fn of_nobody(&self) -> ClientFacts {
        ClientFacts { wide_in: self.registry.wide_registers().to_vec(), ..ClientFacts::default() }
    }

    /// What is known of a client by all of the client's keys.
    ///
    /// Source: ARC-11.
    fn facts_of_client(
        &self,
        tx: &ReadTx<'_>,
        client: ClientKey,
        person: PersonIs,
    ) -> Result<ClientFacts, StoreError> {
        let identities = tx.identities_of(client)?;
        let known_as = identities.first().copied().unwrap_or(client);
        let mut facts = ClientFacts { key: Some(client), ..self.person(tx, known_as, person)? };
        for key in &identities {
            let relationships = tx.list_relationships(*key)?.into_iter();
            facts.relationships.extend(relationships.map(|row| RelationshipSpan {
                controller: row.known.controller,
                old: row.known.old,
                last_day: row.known.last_day,
                of_deceased: row.known.of_deceased,
            }));
            let rights = tx.list_rights_of_client(*key)?.into_iter();
            facts.rights.extend(rights.map(|row| row.right));
            facts.opened.extend(self.opened(tx, *key)?);
            let learnt = self.learnt.borrow();
            facts.mandates.extend(learnt.mandates.get(key).into_iter().flatten().cloned());
        }
        if self.purpose.situation.is_some_and(Situation::discloses) {
            self.add_will(tx, &identities, &mut facts)?;
        }
        facts.identities = identities;
        Ok(facts)
    }

    /// What the client permits and refuses, and which controllers are able to disclose: none of a client
    /// of whom it is not known whether they live and whether an order keeps their whereabouts secret.
    /// No other situation turns on it.
    fn add_will(
        &self,
        tx: &ReadTx<'_>,
        identities: &[ClientKey],
        facts: &mut ClientFacts,
    ) -> Result<(), StoreError> {
        // Documents of the will name their client by identity code.
        let Some(person) = identities.first() else { return Ok(()) };
        let said = Permissions::of(&tx.list_permissions(*person)?);
        facts.permission = said.permission;
        facts.informed_on = said.informed_on;
        let entries = tx.list_refusals(*person)?;
        facts.refusals = refusals(tx, identities, entries.into_iter().map(|entry| entry.refused))?;
        if facts.person_known {
            facts.able = self.registry.able_to_disclose(self.today());
        }
        Ok(())
    }

    /// What is known of a client as a person. Birth, death and a safety order hold as they were told last,
    /// however long ago; who looks after the client only while that is known today.
    ///
    /// Source: ARC-10, OLD-3, DIS-5.
    fn person(
        &self,
        tx: &ReadTx<'_>,
        client: ClientKey,
        person: PersonIs,
    ) -> Result<ClientFacts, StoreError> {
        let nobody = self.of_nobody();
        let taken_as_known = person == PersonIs::TakenAsKnown;
        let told = match self.learnt.borrow().persons.get(&client) {
            Some(told) => told.clone().map(|facts| (facts, self.now)),
            None => person_facts(tx, client)?,
        };
        let Some((facts, told_at)) = told else {
            return Ok(ClientFacts {
                key: Some(client),
                person_known: taken_as_known,
                // Were anything told, no old relationship would be asked whether the client lives.
                person_told: taken_as_known,
                ..nobody
            });
        };
        let person_known = taken_as_known || is_known_on(told_at, self.today());
        let (mut guardians, mut custody) = (Vec::new(), Vec::new());
        if person_known {
            for one in facts.guardians.iter().filter(|one| one.kind.sees_documents()) {
                let guardian = tx.key_of_citizen(one.code)?;
                guardians.push((guardian, one.days));
                if one.kind == GuardianKind::Custody {
                    custody.push((guardian, one.days));
                }
            }
        }
        Ok(ClientFacts {
            key: Some(client),
            person_known,
            person_told: true,
            born_on: facts.born_on,
            died_on: facts.died_on,
            safety_order: facts.is_under_safety_order(self.today()),
            guardians,
            custody,
            ..nobody
        })
    }
}

/// What the population register told of a client last, and when. It knows the one with the identity code.
pub(crate) fn person_facts(
    tx: &ReadTx<'_>,
    client: ClientKey,
) -> Result<Option<(PersonFacts, Instant)>, StoreError> {
    let Some(row) = tx.find_person(client)? else { return Ok(None) };
    let (Some(told_at), Some(facts)) = (row.told_at, row.facts) else { return Ok(None) };
    let damaged = |_| StoreError::Damaged(format!("the person facts of client {}", client.0));
    let facts = varanto_formats::persons::read_facts(&facts).map_err(damaged)?;
    Ok(Some((facts, told_at)))
}

/// Whether a client has died, as the population register told last.
pub(crate) fn has_died(
    tx: &ReadTx<'_>,
    client: ClientKey,
    today: FinnishDay,
) -> Result<bool, StoreError> {
    let told = person_facts(tx, tx.person_of(client)?)?;
    Ok(told.and_then(|(facts, _)| facts.died_on).is_some_and(|died| died <= today))
}

/// Whether what tells where a client is must be masked from those whom it is masked from.
///
/// Source: ARC-10.
pub(crate) fn hides_whereabouts(
    tx: &ReadTx<'_>,
    client: ClientKey,
    today: FinnishDay,
) -> Result<bool, StoreError> {
    Ok(person_facts(tx, tx.person_of(client)?)?.is_none_or(|(facts, told_at)| {
        facts.is_under_safety_order(today) || !is_known_on(told_at, today)
    }))
}

/// How what was told of a person counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PersonIs {
    /// By the day on which it was told.
    AsTold,
    /// As if it had been told today.
    TakenAsKnown,
}

impl Inquiry<'_> {
    /// In whose registers the caller has opened a client's documents for hours that last.
    fn opened(
        &self,
        tx: &ReadTx<'_>,
        client: ClientKey,
    ) -> Result<Vec<(Oid, LookReason)>, StoreError> {
        if self.caller.role().is_none() {
            return Ok(Vec::new());
        }
        let openings = tx.list_openings(client, &Actor::of(self.caller).name, self.now)?;
        let lasting = openings.into_iter().filter(|row| row.opening.is_in_force(self.now));
        Ok(lasting.map(|row| (row.opening.controller, row.opening.reason)).collect())
    }
}

/// What is refused, as decisions look it up. A refused document is refused in all its versions, named by
/// whichever of them, and with all that is attached to it; a refused service task with the relationship
/// documents that tell of it.
///
/// Source: DIS-2, ARC-4.
fn refusals(
    tx: &ReadTx<'_>,
    identities: &[ClientKey],
    refused: impl Iterator<Item = Refused>,
) -> Result<Refusals, StoreError> {
    let mut all = Vec::new();
    for one in refused {
        match &one {
            Refused::Controller(_) => {}
            Refused::ServiceTask(task) => {
                let mut theirs = Vec::new();
                for key in identities {
                    theirs.extend(tx.list_relationships(*key)?);
                }
                for relationship in theirs {
                    if relationship.known.service_tasks.iter().any(|named| **named == **task) {
                        let row = tx.version_of_key(relationship.from)?;
                        all.push(Refused::Document(tx.oid_of(row.set)?));
                    }
                }
            }
            Refused::Document(document) => {
                if let Some(row) = tx.find_version(document)? {
                    all.push(Refused::Document(tx.oid_of(row.set)?));
                    for attachment in tx.list_attachments(row.set)? {
                        all.push(Refused::Document(tx.oid_of(attachment.set)?));
                    }
                }
            }
        }
        all.push(one);
    }
    Ok(Refusals(all))
}

/// What a decision needs to know of a document that is sent.
/// What of a document's metadata archiving turns on, beside what it names.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Made<'a> {
    /// The document's identifier.
    pub(crate) document: Option<&'a Oid>,
    /// The unit that makes it.
    pub(crate) unit: Option<&'a Oid>,
    /// Its specific type, a code.
    pub(crate) specific_type: Option<&'a str>,
}

impl<'a> Made<'a> {
    fn of(metadata: &'a Metadata) -> Self {
        Self {
            document: Some(&metadata.document_id),
            unit: metadata.unit().map(|unit| &unit.id),
            specific_type: metadata.specific_type.as_deref(),
        }
    }
}

fn facts_of(naming: &Naming, made: &Made<'_>, client: Option<ClientKey>) -> DocumentFacts {
    // Nothing of archiving turns on the identifiers, so one that does not read is left open.
    let id = made.document.unwrap_or(&naming.controller);
    let (kind, unit) = (made.specific_type, made.unit.cloned());
    DocumentFacts {
        id: id.clone(),
        set: naming.set_id.clone().unwrap_or_else(|| id.clone()),
        client,
        controller: naming.controller.clone(),
        unit,
        group: naming.group,
        state: VersionState::InForce,
        service_task: naming.service_task.clone(),
        subject: kind.map_or(Subject::Ordinary, Subject::of_type),
        display: Display::UNREAD,
        signed: naming.group == DocumentGroup::LaterPhase,
        written_at: naming.written_at,
        joint: Arc::from([]),
    }
}

/// What a decision needs to know of a version, with the clients of its joint case.
pub(crate) fn facts_of_version(
    tx: &ReadTx<'_>,
    row: &VersionRow,
) -> Result<VersionFacts, StoreError> {
    let joint = match row.case_key {
        Some(key) => tx.list_joint_clients(key)?,
        None => Vec::new(),
    };
    tx.facts(row, joint.into())
}
