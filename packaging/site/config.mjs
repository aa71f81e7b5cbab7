/** The configuration of VitePress, which scripts/docs-site.mjs copies beside the pages and the sidebar. */
import { defineConfig } from 'vitepress'
import sidebar from './sidebar.json' with { type: 'json' }

export default defineConfig({
  lang: 'en',
  title: 'awsmfa',
  description: 'One MFA code for every AWS tool',
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  // The folder of the web server, such as /awsmfa/ on GitHub Pages.
  base: process.env.DOCS_BASE ?? '/',
  rewrites: { 'README.md': 'index.md' },
  // A file, and no page.
  ignoreDeadLinks: ['./LICENSE'],
  markdown: {
    // Pages are text; without this, Vue takes {{ for the start of an expression.
    config: (markdown) => {
      const render = markdown.render.bind(markdown)
      markdown.render = (...args) => render(...args).replaceAll('{{', '&#123;&#123;')
    },
  },
  themeConfig: {
    sidebar,
    outline: { level: [2, 3] },
    search: { provider: 'local' },
  },
})
