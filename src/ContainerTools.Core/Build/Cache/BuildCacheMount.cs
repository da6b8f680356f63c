namespace ContainerTools.Core.Build.Cache;

/// <summary>A directory of <c>RUN --mount=type=cache</c>.</summary>
/// <param name="Name">The directory's name, which comes of the id.</param>
/// <param name="Id">The id, or the path in the container where none was given.</param>
/// <param name="Path">Where it is.</param>
/// <param name="LastUsed">When a build used it last.</param>
public sealed record BuildCacheMount(string Name, string Id, string Path, DateTimeOffset LastUsed);
