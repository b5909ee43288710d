import { existsSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { Page, readPage, ROOT, withoutCode } from './pages';

const REPOSITORY = 'https://github.com/cdk-immuta-s3-integration/cdk-immuta-s3-integration';
const RAW = 'https://raw.githubusercontent.com/cdk-immuta-s3-integration/cdk-immuta-s3-integration';

/** Pages of GitHub about the repository that are no files of it. */
const GITHUB_PAGES = [REPOSITORY, `${REPOSITORY}/releases`, `${REPOSITORY}/issues`];

/** The targets of a page's links and images. A reference without a definition is a target of its own: `[name]`. */
export function linkTargets({ text }: Page): string[] {
  const prose = withoutCode(text);
  const definitions = new Map([...prose.matchAll(/^\[([^\]]+)\]: (\S+)$/gm)].map(([, name, target]) => [name, target]));
  const inline = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
  const references = [...prose.matchAll(/\]\[([^\]]+)\]/g)].map(([, name]) => definitions.get(name) ?? `[${name}]`);
  return [...inline, ...references];
}

/** The anchors that GitHub gives to a page's headings. */
export function anchors({ text }: Page): string[] {
  const seen = new Map<string, number>();
  return [...text.replace(/^( *)```[\s\S]*?^\1```$/gm, '').matchAll(/^#+ (.*)$/gm)].map(([, heading]) => {
    const slug = heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').trim().replace(/\s/g, '-');
    const earlier = seen.get(slug) ?? 0;
    seen.set(slug, earlier + 1);
    return earlier === 0 ? slug : `${slug}-${earlier}`;
  });
}

/** Says for each link of a page that leads nowhere why it does. Links to other sites are not followed. */
export function brokenLinks(page: Page): string[] {
  return linkTargets(page).flatMap((target) => {
    const problem = problemOf(page, target);
    return problem ? [`${page.file}: ${target} ${problem}`] : [];
  });
}

function problemOf(page: Page, target: string): string | undefined {
  if (target.startsWith('[')) return 'has no definition';
  const file = fileOf(page, target);
  if (file === undefined) return;
  const [, anchor] = target.split('#');
  if (file === page.file) return anchors(page).includes(anchor) ? undefined : 'has no such heading';
  if (file.startsWith('..') || !existsSync(path.join(ROOT, file))) return 'does not exist';
  const isFolder = statSync(path.join(ROOT, file)).isDirectory();
  if (/\/blob\//.test(target) && isFolder) return 'is a folder: write /tree/';
  if (/\/tree\//.test(target) && !isFolder) return 'is a file: write /blob/';
  return anchor && !anchors(readPage(file)).includes(anchor) ? 'has no such heading' : undefined;
}

/** The file of the repository that a link of the page leads to, if it leads to one. */
function fileOf(page: Page, target: string): string | undefined {
  const [address] = target.split(/[#?]/);
  if (GITHUB_PAGES.includes(address)) return;
  for (const [site, kinds] of [[REPOSITORY, 'blob/main|tree/main'], [RAW, 'main']]) {
    if (address.startsWith(`${site}/`)) {
      return address.slice(site.length + 1).replace(new RegExp(`^(${kinds})/`), '');
    }
  }
  if (/^[a-z]+:/.test(address)) return;
  return address === '' ? page.file : path.normalize(path.join(path.dirname(page.file), address));
}
