import { Icon, type IconName } from './icon.tsx';

/** A way to another page: a drawing and a word; on a phone the drawing alone. */
export const NavLink = ({
  icon,
  href,
  label,
}: {
  readonly icon: IconName;
  readonly href: string;
  readonly label: string;
}) => (
  <a href={href} title={label}>
    <Icon name={icon} />
    <span>{label}</span>
  </a>
);
