import {
  type CSSVariablesResolver,
  createTheme,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from '@mantine/core'

const accent: MantineColorsTuple = [
  '#e8f4f6',
  '#d0e7eb',
  '#a3d4dc',
  '#6cc6d4',
  '#46a9b9',
  '#2a8c9c',
  '#157789',
  '#0b6877',
  '#085663',
  '#06434d',
]
const gray: MantineColorsTuple = [
  '#f6f7f9',
  '#eff1f5',
  '#e2e6ed',
  '#d3d8e1',
  '#c6cdd9',
  '#8490a4',
  '#56627a',
  '#414d63',
  '#2c374b',
  '#1a2436',
]
const dark: MantineColorsTuple = [
  '#e8ecf3',
  '#cbd3df',
  '#9aa6b9',
  '#8490a4',
  '#3a4962',
  '#233046',
  '#1a2437',
  '#121a28',
  '#0d1420',
  '#080d16',
]
const red: MantineColorsTuple = [
  '#fdebe9',
  '#fad3cf',
  '#f7b3ad',
  '#ff978e',
  '#e0665c',
  '#cf4a40',
  '#bd332a',
  '#a8231b',
  '#8c1c15',
  '#6d1510',
]

const fontFamily =
  '-apple-system, BlinkMacSystemFont, "Segoe UI Variable Text", "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, "Noto Sans", sans-serif'

/** Resolves the colors of filled components, which are light in the dark scheme, so their text is dark. */
const variantColorResolver: VariantColorsResolver = (input) => {
  const colors = defaultVariantColorsResolver(input)
  return input.variant === 'filled' ? { ...colors, color: 'var(--on-filled)' } : colors
}

/** Sizes, type and colors of Mantine's components in the portal's scale. */
export const theme = createTheme({
  colors: { accent, gray, dark, red },
  primaryColor: 'accent',
  primaryShade: { light: 7, dark: 3 },
  variantColorResolver,
  black: '#101a2b',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily,
  fontFamilyMonospace:
    'ui-monospace, SFMono-Regular, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: '0.75rem', sm: '0.875rem', md: '0.9375rem', lg: '1.0625rem', xl: '1.25rem' },
  radius: { xs: '3px', sm: '5px', md: '7px', lg: '10px', xl: '14px' },
  headings: {
    fontFamily,
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.5rem', lineHeight: '1.25' },
      h2: { fontSize: '1.0625rem', lineHeight: '1.4' },
      h3: { fontSize: '0.9375rem', lineHeight: '1.4' },
    },
  },
  components: {
    Checkbox: { defaultProps: { iconColor: 'var(--on-filled)' } },
    Radio: { defaultProps: { iconColor: 'var(--on-filled)' } },
    InputWrapper: {
      styles: {
        label: { marginBottom: '0.25rem' },
        description: { marginBottom: '0.375rem', lineHeight: 1.45 },
      },
    },
    // Popovers render where they were opened, so that they are within a landmark and in reading order.
    Menu: {
      defaultProps: { shadow: 'md', radius: 'lg', withinPortal: false, withInitialFocusPlaceholder: false },
    },
    Select: {
      defaultProps: { checkIconPosition: 'right', comboboxProps: { withinPortal: false } },
    },
    MultiSelect: { defaultProps: { comboboxProps: { withinPortal: false } } },
    PasswordInput: {
      defaultProps: {
        visibilityToggleFocusable: true,
        visibilityToggleButtonProps: { 'aria-label': 'Show characters' },
      },
    },
  },
})

/** Maps the colors of Mantine's components to tokens.css. */
export const cssVariablesResolver: CSSVariablesResolver = () => {
  const shared = {
    '--mantine-color-text': 'var(--ink)',
    '--mantine-color-body': 'var(--surface)',
    '--mantine-color-dimmed': 'var(--ink-faint)',
    '--mantine-color-placeholder': 'var(--ink-faint)',
    '--mantine-color-anchor': 'var(--accent)',
    '--mantine-color-error': 'var(--bad)',
    '--mantine-color-red-outline': 'var(--bad)',
    '--mantine-color-red-light-color': 'var(--bad)',
    '--mantine-color-accent-light-color': 'var(--accent)',
    '--mantine-color-default': 'var(--surface)',
    '--mantine-color-default-hover': 'var(--sunken)',
    '--mantine-color-default-color': 'var(--ink)',
    '--mantine-color-default-border': 'var(--line-strong)',
  }
  return { variables: {}, light: shared, dark: shared }
}
