// The product's mark: a camera that has ticked something off.

export function Mark({ size = 22 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="#2b6ca3" />
      <path d="M7 11h11a3 3 0 0 1 3 3v6a3 3 0 0 1-3 3H7z" fill="#fff" />
      <path d="M22.500 15.500 27 12.500v9l-4.500-3z" fill="#fff" />
      <path d="m10 17 2.500 2.500 4.500-5" fill="none" stroke="#2b6ca3" strokeWidth="2" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}
