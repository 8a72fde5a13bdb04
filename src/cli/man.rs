//! `mujun man`: one page with every command, from the same definitions as the help.

use std::io;

use clap::CommandFactory;
use clap_mangen::Man;

use super::Ending;
use super::args::Arguments;
use super::error::CliError;
use super::printer::Printer;

/// Prints the man page.
pub fn execute(printer: &Printer) -> Result<Ending, CliError> {
    let page = page().map_err(CliError::Print)?;
    printer.data(&String::from_utf8_lossy(&page))?;
    Ok(Ending::Done)
}

/// The page of the program, then the synopsis, description and options of each command.
fn page() -> io::Result<Vec<u8>> {
    let mut root = Arguments::command();
    root.build();
    let mut page = Vec::new();
    Man::new(root.clone()).render(&mut page)?;
    for command in root.get_subcommands() {
        let man = Man::new(command.clone());
        page.extend_from_slice(format!(".SH \"mujun {}\"\n", command.get_name()).as_bytes());
        man.render_synopsis_section(&mut page)?;
        man.render_description_section(&mut page)?;
        man.render_options_section(&mut page)?;
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_on_the_page() {
        let text = String::from_utf8(page().unwrap()).unwrap();
        for command in Arguments::command().get_subcommands() {
            assert!(text.contains(&format!("mujun {}", command.get_name())), "{}", command.get_name());
        }
    }
}
