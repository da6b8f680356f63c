using ContainerTools.Oci;

namespace ContainerTools;

/// <summary>A repository of a registry.</summary>
/// <param name="Registry">The registry.</param>
/// <param name="Name">The repository's path there: <c>team/app</c>.</param>
public sealed record RemoteRepository(string Registry, string Name)
{
    /// <summary>The shortest name that means the repository: <c>localhost:5000/team/app</c>.</summary>
    public string Repository => ImageReference.TryParse($"{Registry}/{Name}", out var reference) ? reference.FamiliarName : $"{Registry}/{Name}";

    /// <summary>The shortest name.</summary>
    public override string ToString() => Repository;
}
