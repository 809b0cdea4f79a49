//! The law: values that cannot hold nonsense, and rules as pure functions from facts to answers.
//!
//! Nothing here does I/O, reads the clock or knows a wire format. The rooms in reading order:
//!
//! * [`ids`], [`time`], [`codes`], [`faults`]: the words everything else is written in;
//! * [`structures`]: what a structured document may hold, row by row;
//! * [`archive`]: documents, versions, metadata, references, integrity proofs;
//! * [`joining`]: organisations, units, systems and their certification;
//! * [`relationship`]: units and register-use rights, as relationship documents state them;
//! * [`persons`]: what the population register says of persons;
//! * [`mandates`]: what the mandate register says that adults let others do;
//! * [`old_data`]: what was written before the organisation joined;
//! * [`disclosure`]: what the client allows and refuses, and the rule of the day;
//! * [`access`]: who may do what: the question, the facts, the decision;
//! * [`grounds`]: on what ground something may be done, one file for each;
//! * [`statements`]: what clients tell of themselves;
//! * [`oversight`]: what is seen of the use log, by whom, and what in it strikes the eye.

pub mod access;
pub mod archive;
pub mod codes;
pub mod disclosure;
pub mod faults;
pub mod grounds;
pub mod identities;
pub mod ids;
pub mod joining;
pub mod mandates;
pub mod old_data;
pub mod oversight;
pub mod persons;
pub mod relationship;
pub mod statements;
pub mod structures;
pub mod time;
