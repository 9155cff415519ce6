import './rpc/no-eval'
import { createRoot } from 'react-dom/client'
import { App } from './app'
import { connect } from './rpc/connect'
import { reportConnection, startConsole } from './stores/console'
import { followAddress } from './stores/route'
import './theme.css'

const client = connect(reportConnection)
followAddress()
createRoot(document.getElementById('root')!).render(<App console={startConsole(client)} />)
