/**
 * Opens each page of build/site/pages (`npm run docs:site`) in Chromium, as wide as a phone and as a desktop: every
 * request is answered, nothing fails, no page is wider than its window, and the search finds a setting. Prints what is
 * wrong and exits with 1. Chromium is `chromium` on PATH, or CHROMIUM.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const site = fileURLToPath(new URL('../build/site', import.meta.url))
const pages = join(site, 'pages')
const { chromium } = createRequire(join(site, 'package.json'))('playwright-core')

const WINDOWS = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } }
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }

/** Serves the folder as a web server would, on a free port of this machine. */
function serve() {
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://site').pathname).replace(/\/$/, '/index.html')
    try {
      const bytes = readFileSync(join(pages, path))
      response.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(bytes)
    } catch {
      response.writeHead(404).end()
    }
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

/** Returns what is wrong with a page in a window. */
async function problemsOf(browser, url, viewport) {
  const problems = []
  const page = await browser.newPage({ viewport })
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
  page.on('response', (answer) => answer.status() >= 400 && problems.push(`${answer.status()} ${answer.url()}`))
  await page.goto(url)
  const titles = await page.locator('h1').count()
  const excess = (await page.evaluate('document.documentElement.scrollWidth')) - viewport.width
  if (titles !== 1) problems.push(`${titles} first headings`)
  if (excess > 0) problems.push(`${excess} pixels wider than the window`)
  await page.close()
  return problems
}

/** Returns the pages that the search of the site finds. */
async function search(browser, url, words) {
  const page = await browser.newPage({ viewport: WINDOWS.desktop })
  await page.goto(url, { waitUntil: 'networkidle' })
  await page.click('.VPNavBarSearch button')
  await page.fill('.search-input', words)
  await page.waitForSelector('.results .result')
  const found = await page.$$eval('.results .result', (links) => links.map(({ href }) => href))
  await page.close()
  return found
}

const server = await serve()
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  // A container has little shared memory, and no sandbox for root.
  args: ['--disable-dev-shm-usage', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
})
const address = `http://127.0.0.1:${server.address().port}`
const names = readdirSync(pages, { recursive: true }).filter((name) => name.endsWith('.html') && name !== '404.html')
let failed = 0
try {
  for (const name of names)
    for (const [window, viewport] of Object.entries(WINDOWS))
      for (const problem of await problemsOf(browser, `${address}/${name}`, viewport)) {
        failed++
        console.log(`${name}, ${window}: ${problem}`)
      }
  const found = await search(browser, address, 'awsmfa_mfa_serial')
  if (!found.some((link) => link.includes('/docs/'))) {
    failed++
    console.log('the search does not find awsmfa_mfa_serial')
  }
} finally {
  await browser.close()
  server.close()
}
console.log(`${names.length} pages in ${Object.keys(WINDOWS).length} windows, ${failed} problems`)
process.exitCode = failed > 0 || names.length === 0 ? 1 : 0
