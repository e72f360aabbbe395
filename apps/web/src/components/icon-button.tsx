import { Icon, type IconName } from './icon.tsx';

interface IconButtonProps {
  readonly icon: IconName;
  /** What it does, for the tooltip and for a screen reader. */
  readonly label: string;
  readonly onPress: () => void;
  readonly pressed?: boolean;
}

/** A button that is a drawing. */
export const IconButton = ({ icon, label, onPress, pressed }: IconButtonProps) => (
  <button
    type="button"
    class="icon-button"
    title={label}
    aria-label={label}
    aria-pressed={pressed}
    onClick={onPress}
  >
    <Icon name={icon} />
  </button>
);
