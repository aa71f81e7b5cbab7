/**
 * The files by which package managers install a release: Homebrew's formula, Scoop's and winget's manifests, and the
 * PKGBUILD of the AUR. Formats: docs.brew.sh/Formula-Cookbook, github.com/ScoopInstaller/Scoop/wiki/App-Manifests,
 * github.com/microsoft/winget-pkgs (manifest version 1.6.0), wiki.archlinux.org/title/PKGBUILD.
 */

const DESCRIPTION = 'One MFA code for every AWS tool'

/**
 * Returns the files by name. `sums` has the SHA-256 of each archive by its name; `homepage` and `url` (where the
 * archives are) end without a slash.
 */
export function renderManifests({ version, license, homepage, url, sums }) {
  const sumOf = (target) => {
    const sum = sums[archiveOf(target)]
    if (sum === undefined) throw new Error(`the release has no ${archiveOf(target)}`)
    return sum
  }
  const release = { version, license, homepage, url, sumOf }
  return {
    'awsmfa.rb': renderFormula(release),
    'awsmfa.json': renderScoop(release),
    ...renderWinget(release),
    PKGBUILD: renderPkgbuild(release),
  }
}

function archiveOf(target) {
  return `awsmfa-${target}.${target.startsWith('windows') ? 'zip' : 'tar.gz'}`
}

function renderFormula({ version, license, homepage, url, sumOf }) {
  const source = (target) => `      url "${url}/${archiveOf(target)}"\n      sha256 "${sumOf(target)}"`
  const system = (name, os) => `  on_${name} do
    on_arm do
${source(`${os}-arm64`)}
    end
    on_intel do
${source(`${os}-x64`)}
    end
  end`
  return `class Awsmfa < Formula
  desc "${DESCRIPTION}"
  homepage "${homepage}"
  version "${version}"
  license "${license}"

${system('macos', 'darwin')}
${system('linux', 'linux')}

  def install
    bin.install "awsmfa"
    man1.install "awsmfa.1"
    bash_completion.install "completions/awsmfa.bash" => "awsmfa"
    fish_completion.install "completions/awsmfa.fish"
    doc.install "THIRD-PARTY-NOTICES"
  end

  test do
    assert_equal version.to_s, shell_output("#{bin}/awsmfa --version").strip
  end
end
`
}

function renderScoop({ version, license, homepage, url, sumOf }) {
  const architecture = (target) => ({
    url: `${url}/${archiveOf(target)}`,
    hash: sumOf(target),
    extract_dir: `awsmfa-${target}`,
  })
  const manifest = {
    version,
    description: DESCRIPTION,
    homepage,
    license,
    architecture: { '64bit': architecture('windows-x64'), arm64: architecture('windows-arm64') },
    bin: 'awsmfa.exe',
  }
  return `${JSON.stringify(manifest, undefined, 4)}\n`
}

function renderWinget({ version, license, homepage, url, sumOf }) {
  const identifier = 'awsmfa.awsmfa'
  const file = (type, lines) =>
    [
      `PackageIdentifier: ${identifier}`,
      `PackageVersion: ${version}`,
      ...lines,
      `ManifestType: ${type}`,
      'ManifestVersion: 1.6.0',
      '',
    ].join('\n')
  const installer = (architecture, target) => [
    `- Architecture: ${architecture}`,
    `  InstallerUrl: ${url}/${archiveOf(target)}`,
    `  InstallerSha256: ${sumOf(target).toUpperCase()}`,
    '  NestedInstallerFiles:',
    `  - RelativeFilePath: awsmfa-${target}\\awsmfa.exe`,
    '    PortableCommandAlias: awsmfa',
  ]
  return {
    [`${identifier}.yaml`]: file('version', ['DefaultLocale: en-US']),
    [`${identifier}.installer.yaml`]: file('installer', [
      'InstallerType: zip',
      'NestedInstallerType: portable',
      'Installers:',
      ...installer('x64', 'windows-x64'),
      ...installer('arm64', 'windows-arm64'),
    ]),
    [`${identifier}.locale.en-US.yaml`]: file('defaultLocale', [
      'PackageLocale: en-US',
      'Publisher: awsmfa',
      `PackageUrl: ${homepage}`,
      'PackageName: awsmfa',
      `License: ${license}`,
      `ShortDescription: ${DESCRIPTION}`,
    ]),
  }
}

function renderPkgbuild({ version, license, homepage, url, sumOf }) {
  return `pkgname=awsmfa-bin
pkgver=${version}
pkgrel=1
pkgdesc='${DESCRIPTION}'
arch=(x86_64 aarch64)
url='${homepage}'
license=(${license})
provides=(awsmfa)
conflicts=(awsmfa)
depends=(glibc)
# makepkg's strip would remove what is appended to the executable.
options=(!strip)
source_x86_64=('${url}/${archiveOf('linux-x64')}')
source_aarch64=('${url}/${archiveOf('linux-arm64')}')
sha256sums_x86_64=('${sumOf('linux-x64')}')
sha256sums_aarch64=('${sumOf('linux-arm64')}')

package() {
  cd awsmfa-linux-*
  install -Dm755 awsmfa "$pkgdir/usr/bin/awsmfa"
  install -Dm644 awsmfa.1 "$pkgdir/usr/share/man/man1/awsmfa.1"
  install -Dm644 completions/awsmfa.bash "$pkgdir/usr/share/bash-completion/completions/awsmfa"
  install -Dm644 completions/awsmfa.fish "$pkgdir/usr/share/fish/vendor_completions.d/awsmfa.fish"
  install -Dm644 -t "$pkgdir/usr/share/licenses/awsmfa" LICENSE THIRD-PARTY-NOTICES
}
`
}
