namespace ContainerTools.Engine.Volumes;

/// <summary>The rule for names of volumes.</summary>
internal static class VolumeName
{
    public static bool IsValid(string name) =>
        name.Length is > 1 and <= 255 && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    public static void Check(string name)
    {
        if (!IsValid(name))
            throw new ContainerToolsException("InvalidVolumeName", ErrorKind.InvalidArgument,
                $"'{name}' is no name for a volume: at least two and at most 255 of letters, digits, '_', '.' and '-', the first a letter or digit. A directory of the host is written with a leading '/' or './'.", name);
    }
}
