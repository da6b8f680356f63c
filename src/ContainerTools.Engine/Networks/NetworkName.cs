namespace ContainerTools.Engine.Networks;

/// <summary>The rule for names of networks and for aliases of containers on them.</summary>
internal static class NetworkName
{
    private static readonly string[] s_modes = ["host", "none", "default", "container", "private", "slirp4netns", "pasta"];

    public static bool IsValid(string name) =>
        name.Length is > 1 and <= 128 && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-');

    public static void Check(string name)
    {
        if (!IsValid(name))
        {
            throw new ContainerToolsException("InvalidNetworkName", ErrorKind.InvalidArgument,
                $"'{name}' is no name for a network: at least two and at most 128 of letters, digits, '_', '.' and '-', the first a letter or digit.", name);
        }
        if (s_modes.Contains(name))
            throw new ContainerToolsException("InvalidNetworkName", ErrorKind.InvalidArgument, $"'{name}' is a network mode and cannot be a network's name. Choose another one.", name);
    }

    /// <summary>Checks a name that others reach a container by.</summary>
    public static string CheckAlias(string alias) => alias.Length is > 0 and <= 253 && char.IsAsciiLetterOrDigit(alias[0]) && alias.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-')
        ? alias
        : throw new ContainerToolsException("InvalidNetworkAlias", ErrorKind.InvalidArgument, $"'{alias}' is no name for a container on a network: letters, digits, '_', '.' and '-', the first a letter or digit.", alias);
}
