/// A page that needs nothing else: one file, no network, no script.
package struct Page {
  private let title: String
  private var body = ""

  package init(title: String) { self.title = title }

  // MARK: What stands on it; text is escaped here

  package mutating func heading(_ level: Int, _ text: String) { body += "<h\(level)>\(escaped(text))</h\(level)>\n" }

  package mutating func paragraph(_ text: String, isWarning: Bool = false) {
    body += "<p\(isWarning ? " class=\"warn\"" : "")>\(escaped(text))</p>\n"
  }

  /// Something that may be folded away.
  package mutating func details(_ summary: String, isOpen: Bool = false, _ content: (inout Page) -> Void) {
    element("details\(isOpen ? " open" : "")") { page in
      page.body += "<summary>\(escaped(summary))</summary>\n"
      content(&page)
    }
  }

  /// With its label as a caption.
  package mutating func figure(_ picture: Picture) {
    body += "<figure>\(picture.svg)<figcaption>\(escaped(picture.label))</figcaption></figure>\n"
  }

  /// - Parameter tag: with its attributes.
  package mutating func element(_ tag: String, _ content: (inout Page) -> Void) {
    body += "<\(tag)>\n"
    content(&self)
    body += "</\(tag.prefix { $0 != " " })>\n"
  }

  package mutating func append(_ picture: Picture) { body += picture.svg }
  package mutating func append(_ table: Table) { body += table.html }

  package mutating func append(html: String) { body += html }

  /// The whole page.
  package var html: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(escaped(title))</title>
    <style>
    \(Self.style)
    </style>
    </head>
    <body>
    \(body)</body>
    </html>

    """
  }

  private static let style = """
    :root{color-scheme:light dark;--page:#fff;--text:#1b1f24;--dim:#57606a;--line:#e3e6ea;--grid:#eaeef2;--axis:#afb8c1;\
    --warn:#9a3412;--band:#9ec5fe;--mean:#0b5ed7;--switch:#c2255c;--p99:#b02a37;--bar:#4c8bf5;--none:#f1f3f5;--a0:#0b5ed7;--a1:#0f766e;--a2:#b45309;--a3:#a21caf}
    @media (prefers-color-scheme:dark){:root{--page:#14181d;--text:#e6e9ed;--dim:#9aa4af;--line:#2c333b;--grid:#232a31;\
    --axis:#4b5560;--warn:#ffb186;--band:#28518c;--mean:#7db1ff;--switch:#ff7aa8;--p99:#ff8a8f;--bar:#4c8bf5;--none:#232a31;--a0:#7db1ff;--a1:#5eead4;--a2:#fdba74;--a3:#f0abfc}}
    body{font:15px/1.45 system-ui,sans-serif;margin:1.5rem;color:var(--text);background:var(--page)}
    h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:1.5rem;overflow-wrap:anywhere}h3{font-size:1rem;margin:1.2rem 0 .3rem}
    .logs{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,34rem),1fr));gap:2rem;align-items:start}
    section{min-width:0}table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:.3rem 0}
    th,td{padding:.15rem .5rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
    th{white-space:normal;vertical-align:bottom}th:first-child,td:first-child{text-align:left}.scroll{overflow-x:auto}
    .facts td{text-align:left;white-space:normal;overflow-wrap:anywhere}.facts td:first-child{white-space:nowrap;color:var(--dim)}
    .warn{color:var(--warn);font-weight:600}summary{font-weight:600;margin-top:.6rem;cursor:pointer}
    .key{margin:.2rem 0;color:var(--dim);font-size:.85rem}.key i{display:inline-block;width:1.2em;margin:0 .35em 0 0;vertical-align:.2em;border-top:2px solid}
    .of-mean{border-color:var(--mean)!important}.of-band{border-top:.6em solid var(--band)!important;vertical-align:0!important}
    .of-switch{border-top-style:dashed!important;border-color:var(--switch)!important}.of-p99{border-color:var(--p99)!important}
    svg{width:100%;max-width:60rem;height:auto;display:block}.t{font:11px system-ui,sans-serif;fill:var(--text)}
    .s{font:10px system-ui,sans-serif;fill:var(--dim)}.e{text-anchor:end}.m{text-anchor:middle}
    .axis{stroke:var(--axis);stroke-width:1}.grid{stroke:var(--grid);stroke-width:1}
    .band{fill:var(--band);opacity:.6}.mean{fill:none;stroke:var(--mean);stroke-width:1.5}
    .switch{stroke:var(--switch);stroke-width:1;stroke-dasharray:3 2}.bar{fill:var(--bar)}
    .shape{fill:var(--band);stroke:var(--mean);stroke-width:.7}.none{fill:var(--none)}
    .p50{stroke:var(--mean);stroke-width:2}.p99{stroke:var(--p99);stroke-width:1.5}.cell{stroke:var(--page);stroke-width:2}
    .light,.dark,.empty{font:12px system-ui,sans-serif;text-anchor:middle}.light{fill:#fff}.dark{fill:#1b1f24}.empty{fill:var(--dim)}
    @media print{.logs{display:block}}
    .p0{fill:var(--a0);stroke:var(--a0)}.p1{fill:var(--a1);stroke:var(--a1)}.p2{fill:var(--a2);stroke:var(--a2)}.p3{fill:var(--a3);stroke:var(--a3)}
    .l0,.l1,.l2,.l3{fill:none;stroke-width:1.2;opacity:.55}.l0{stroke:var(--a0)}.l1{stroke:var(--a1)}.l2{stroke:var(--a2)}.l3{stroke:var(--a3)}
    figure{margin:.6rem 0 1.2rem;max-width:52rem}figcaption{color:var(--dim)}
    """
}
