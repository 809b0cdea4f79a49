//! The doors from outside: whole requests and whole answers, over real TLS with real certificates.

mod archiving;
mod browser;
mod certificates;
mod check;
mod chromium;
mod corpora;
mod desk;
mod handing_over;
mod house;
mod importing;
mod keeping;
mod national;
mod overseeing;
mod own;
mod pages;
mod people;
mod program;
mod recording;
mod refusals;
mod relationships;
mod running;
mod shown;
mod sign;
mod signatures;
mod strangers;
mod wills;
