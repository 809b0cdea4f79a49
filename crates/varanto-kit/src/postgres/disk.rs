//! A server on a disk that becomes full.

use std::io;
use std::process::Command;

use super::{Server, done, is_root};

impl Server {
    /// Makes and starts a durable server on a disk of so many megabytes; none where no disk may be made.
    ///
    /// # Errors
    /// When the programs are not there, or do not do it.
    pub fn start_on_disk(megabytes: u32) -> io::Result<Option<Self>> {
        let mut server = Self::at_home(true)?;
        let size = format!("size={megabytes}m,mode=700");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(&server.folder)
            .output();
        server.mounted = mount.is_ok_and(|mount| mount.status.success());
        if !server.mounted {
            std::fs::remove_dir(&server.folder)?;
            return Ok(None);
        }
        if is_root()? {
            done(Command::new("chown").arg("postgres:").arg(&server.folder))?;
        }
        server.init()?;
        server.start_again()?;
        Ok(Some(server))
    }

    /// Makes room on the disk, and starts the server again where it ended for want of it.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn grow_disk(&mut self, megabytes: u32) -> io::Result<()> {
        let size = format!("remount,size={megabytes}m");
        done(Command::new("mount").args(["-o", &size]).arg(&self.folder))?;
        if self.ask("postgres", "SELECT 1").is_err() && self.kill().is_err() {
            // It has ended by itself, and whoever started it waits to clear up.
            self.let_lie()?;
        }
        if self.running.is_none() { self.start_again() } else { Ok(()) }
    }
}
