/// The portal button for the company's own website: plain HTML that a strict content security policy lets through.

/** A link that looks like a button by attributes alone: no script, no style, no picture from elsewhere. */
export function portalButton(url: string, text: string, colour: string): string {
  return [
    `<table border="0" cellpadding="12" cellspacing="0" role="presentation">`,
    `  <tr>`,
    `    <td bgcolor="${escape(colour)}">`,
    `      <a href="${escape(url)}"><font color="#ffffff" face="sans-serif"><b>${escape(text)}</b></font></a>`,
    `    </td>`,
    `  </tr>`,
    `</table>`,
  ].join('\n');
}

/** A link that takes on the look of the page it stands on. */
export function portalLink(url: string, text: string): string {
  return `<a href="${escape(url)}">${escape(text)}</a>`;
}

/** A page with nothing but the snippet, under a policy that allows nothing at all. */
export function strictPage(snippet: string, title: string): string {
  const policy = "default-src 'none'";
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><title>${escape(title)}</title><body bgcolor="#ffffff">${snippet}</body></html>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
