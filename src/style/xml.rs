//! Elements of XML, put together as a tree and written by `quick-xml`.

use std::fmt::Display;
use std::io::{self, Cursor, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// An element with its attributes, its elements and its text, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    children: Vec<Element>,
    text: String,
}

impl Element {
    /// An element without anything.
    pub fn new(name: &'static str) -> Self {
        Self { name, attributes: Vec::new(), children: Vec::new(), text: String::new() }
    }

    /// The same with an attribute.
    pub fn with(mut self, key: &'static str, value: impl Display) -> Self {
        self.attributes.push((key, allowed(&value.to_string())));
        self
    }

    /// The same with several attributes.
    pub fn with_all(self, attributes: &[(&'static str, &str)]) -> Self {
        attributes.iter().fold(self, |element, (key, value)| element.with(key, value))
    }

    /// The same with one more element in it.
    pub fn child(mut self, child: Self) -> Self {
        self.children.push(child);
        self
    }

    /// The same with more elements in it.
    pub fn children(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    /// The same with a text.
    pub fn text(mut self, text: impl Display) -> Self {
        self.text = allowed(&text.to_string());
        self
    }

    /// An element that has a text and nothing else.
    pub fn of(name: &'static str, text: impl Display) -> Self {
        Self::new(name).text(text)
    }

    /// The document whose root this is.
    ///
    /// # Errors
    /// None but those that writing to memory may have.
    pub fn document(&self) -> io::Result<String> {
        let mut writer = Writer::new_with_indent(Cursor::new(Vec::new()), b' ', 1);
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        self.write(&mut writer)?;
        String::from_utf8(writer.into_inner().into_inner()).map_err(io::Error::other)
    }

    fn write<W: Write>(&self, writer: &mut Writer<W>) -> io::Result<()> {
        let start = BytesStart::new(self.name).with_attributes(self.attributes.iter().map(|(key, value)| (*key, value.as_str())));
        if self.children.is_empty() && self.text.is_empty() {
            return writer.write_event(Event::Empty(start));
        }
        writer.write_event(Event::Start(start))?;
        self.children.iter().try_for_each(|child| child.write(writer))?;
        if !self.text.is_empty() {
            writer.write_event(Event::Text(BytesText::new(&self.text)))?;
        }
        writer.write_event(Event::End(BytesEnd::new(self.name)))
    }
}

/// What XML may hold of a text: names of zones and jobs come from elsewhere.
fn allowed(text: &str) -> String {
    let is_forbidden = |c: char| (c.is_control() && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}');
    text.replace(is_forbidden, "\u{fffd}")
}

/// `<Option type="Map">`, in which QGIS keeps properties.
pub fn map(entries: impl IntoIterator<Item = Element>) -> Element {
    Element::new("Option").with("type", "Map").children(entries)
}

/// A property of such a map.
pub fn entry(kind: &'static str, name: &str, value: impl Display) -> Element {
    Element::new("Option").with("type", kind).with("name", name).with("value", value)
}

/// Text properties.
pub fn entries<'e>(entries: &'e [(&'e str, &'e str)]) -> impl Iterator<Item = Element> + 'e {
    entries.iter().map(|(name, value)| entry("QString", name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_in_xml_stays_text() {
        let tree = Element::new("a").with("k", "<\"&\u{1}").child(Element::of("b", "]]> & 产业"));
        let text = tree.document().unwrap();
        assert!(text.contains("<a k=\"&lt;&quot;&amp;\u{fffd}\">"), "{text}");
        assert!(text.contains("<b>]]&gt; &amp; 产业</b>"), "{text}");
    }
}
