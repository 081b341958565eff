import classes from './logo.module.css'

/** Shows the name of the portal with its logo. */
export function Logo() {
  return (
    <span className={classes.mark}>
      <svg viewBox="0 0 32 32" width={26} height={26} aria-hidden>
        <rect width="32" height="32" rx="8" className={classes.wall} />
        <path d="M9 25V14.5a7 7 0 0 1 14 0V25" className={classes.arch} />
        <path d="M13.2 25V15a2.8 2.8 0 0 1 5.6 0V25Z" className={classes.door} />
      </svg>
      Postern
    </span>
  )
}
