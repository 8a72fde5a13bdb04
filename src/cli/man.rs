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
        section(command, "mujun", &mut page)?;
    }
    Ok(page)
}

/// A command and those under it.
fn section(command: &clap::Command, above: &str, page: &mut Vec<u8>) -> io::Result<()> {
    let name = format!("{above} {}", command.get_name());
    let man = Man::new(command.clone());
    page.extend_from_slice(format!(".SH \"{name}\"\n").as_bytes());
    man.render_synopsis_section(page)?;
    man.render_description_section(page)?;
    man.render_options_section(page)?;
    command.get_subcommands().try_for_each(|under| section(under, &name, page))
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
        assert!(text.contains("\"mujun rules check\""), "{text}");
    }
}
