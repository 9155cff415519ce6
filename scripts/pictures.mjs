// npm run pictures: every screen in light and dark, into docs/pictures, from the sandbox and a real Redis.
import { build, installPackages, run } from './prepare.mjs'
import { installSystemPackages } from './system-packages.mjs'

installPackages()
installSystemPackages()
build()
run('node_modules/.bin/playwright', ['test', '--project', 'pictures'])
