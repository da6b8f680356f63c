using ContainerTools.Core.Build.Files;
using ContainerTools.Core.Build.Sources;
using ContainerTools.Core.Build.Ssh;
using ContainerTools.Engine.Containers;
using ContainerTools.Engine.Store;

namespace ContainerTools.Core.Build;

/// <summary>What a build works with from its beginning, before its Containerfile is known.</summary>
/// <param name="Paths">The store.</param>
/// <param name="Containers">The store's containers.</param>
/// <param name="Workspace">The build's own files.</param>
/// <param name="Trees">Opens files of any owner.</param>
/// <param name="Agents">The SSH agents that it was given.</param>
/// <param name="Git">Fetches repositories.</param>
/// <param name="Secrets">Credentials for the servers that files are fetched from.</param>
internal sealed record BuildEnvironment(StorePaths Paths, ContainerManager Containers, BuildWorkspace Workspace, TreeOpener Trees, SshAgents Agents, GitClient Git, SourceSecrets Secrets);
