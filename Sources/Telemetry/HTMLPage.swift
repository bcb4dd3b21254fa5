/// What all pages have in common: one file that needs nothing else, no network, no script.
package enum HTMLPage {
  /// - Parameters:
  ///   - title: plain text.
  ///   - body: HTML.
  package static func page(title: String, body: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(escaped(title))</title>
    <style>
    \(style)
    </style>
    </head>
    <body>
    \(body)</body>
    </html>

    """
  }

  private static let style = """
    body{font:15px/1.45 system-ui,sans-serif;margin:1.5rem;color:#1b1f24;background:#fff}
    h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:1.5rem;overflow-wrap:anywhere}h3{font-size:1rem;margin:1.2rem 0 .3rem}
    .logs{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,34rem),1fr));gap:2rem;align-items:start}
    table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:.3rem 0}
    th,td{padding:.15rem .5rem;text-align:right;border-bottom:1px solid #e3e6ea;white-space:nowrap}
    th{white-space:normal;vertical-align:bottom}th:first-child,td:first-child{text-align:left}.scroll{overflow-x:auto}
    .facts td{text-align:left;white-space:normal;overflow-wrap:anywhere}.warn{color:#9a3412;font-weight:600}
    svg{width:100%;height:auto;display:block}.t{font:11px system-ui,sans-serif;fill:#1b1f24}
    .s{font:10px system-ui,sans-serif;fill:#57606a}.e{text-anchor:end}.m{text-anchor:middle}
    .axis{stroke:#afb8c1;stroke-width:1}.grid{stroke:#eaeef2;stroke-width:1}
    .band{fill:#9ec5fe;opacity:.6}.mean{fill:none;stroke:#0b5ed7;stroke-width:1.5}
    .switch{stroke:#d63384;stroke-width:1;stroke-dasharray:3 2}.bar{fill:#4c8bf5}.shape{fill:#9ec5fe;stroke:#0b5ed7;stroke-width:.7}
    .p50{stroke:#0b5ed7;stroke-width:2}.p99{stroke:#b02a37;stroke-width:1.5}.cell{stroke:#fff;stroke-width:2}
    .light{font:12px system-ui,sans-serif;fill:#fff;text-anchor:middle}.dark{font:12px system-ui,sans-serif;fill:#1b1f24;text-anchor:middle}
    @media print{.logs{display:block}}
    .p0{fill:#0b5ed7;stroke:#0b5ed7}.p1{fill:#0f766e;stroke:#0f766e}.p2{fill:#b45309;stroke:#b45309}.p3{fill:#a21caf;stroke:#a21caf}
    .l0,.l1,.l2,.l3{fill:none;stroke-width:1.2;opacity:.55}.l0{stroke:#0b5ed7}.l1{stroke:#0f766e}.l2{stroke:#b45309}.l3{stroke:#a21caf}
    figure{margin:.6rem 0 1.2rem;max-width:52rem}figcaption{color:#57606a}
    """
}
