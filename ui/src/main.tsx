import '@mantine/core/styles.layer.css'
import './app/tokens.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { z } from 'zod'
import { Providers } from './app/providers.tsx'
import { shareStyleNonce } from './lib/style-nonce.ts'

// The content security policy forbids `eval`, which zod would try for speed.
z.config({ jitless: true })

shareStyleNonce()

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no element #root')
createRoot(root).render(
  <StrictMode>
    <Providers />
  </StrictMode>,
)
