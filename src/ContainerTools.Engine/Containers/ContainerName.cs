namespace ContainerTools.Engine.Containers;

/// <summary>The rule for names of containers: Docker's, and podman's in that a single letter is one.</summary>
internal static class ContainerName
{
    public static void Check(string name)
    {
        if (name.Length is 0 or > 253 || !char.IsAsciiLetterOrDigit(name[0]) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-'))
        {
            throw new ContainerToolsException("InvalidContainerName", ErrorKind.InvalidArgument,
                $"'{name}' is no name for a container: at most 253 letters, digits, '_', '.' and '-', the first a letter or digit.", name);
        }
    }
}
