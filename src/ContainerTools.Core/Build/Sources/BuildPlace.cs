namespace ContainerTools.Core.Build.Sources;

/// <summary>Tells names of build contexts apart.</summary>
public static class BuildPlace
{
    /// <summary>Whether a name is no path of this machine: a URL, a git repository, an image.</summary>
    public static bool IsElsewhere(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Contains("://", StringComparison.Ordinal) || GitReference.IsReference(name, isContext: true);
    }
}
